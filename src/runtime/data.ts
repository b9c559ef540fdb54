import { join } from 'node:path';
import { Interrupted, type BackupTarget, type BackupContext } from '../backup/subject.js';
import { flakeRefIn, graceIn } from '../facets/meta.js';
import { sourceIn } from '../facets/system.js';
import { guestOver } from '../guest/guest.js';
import { didYouMean } from '../lib/closest-match.js';
import type { Actual } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Manifest } from '../domain/manifest.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import type { Output } from './output.js';
import type { LockOptions } from './project-lock.js';
import { revisionOf } from './revision.js';
import type { Runtime } from './runtime.js';
import { VERSION } from '../domain/version.js';

/** What the verbs that move an app's data take. */
export type DataOptions = LockOptions & { readonly timeout: number };

/** The app with its volumes as it is now. One that is nowhere but in the manifest has none. */
export function subjectOf(name: string, { project, apps }: Manifest, actual: Actual): BackupTarget {
  const instance = actual.apps.find((a) => a.name === name);
  const volumes = actual.volumes.filter((v) => v.app === name);
  const known = [...apps, ...actual.apps]
    .map((a) => a.name)
    .concat(actual.volumes.map((v) => v.app as AppName));
  if (!known.some((app) => app === name)) {
    const names = [...new Set<string>(known)].sort();
    const hint = didYouMean(name, names) ?? `there are ${names.join(', ')}`;
    throw new ProblemError(
      { code: 'app-unknown', data: { name }, message: `there is no app \`${name}\``, hint },
      EXIT.usage,
    );
  }
  const applied = instance?.applied ?? null;
  const attached = (instance?.attachments ?? []).filter((a) => a.kind === 'volume');
  return {
    app: name as AppName,
    volumes,
    paths: new Map(
      volumes.flatMap((v) => attached.filter((a) => a.volume === v.volume).map((a) => [v.name, a.path])),
    ),
    secrets: (apps.find((a) => a.name === name)?.secrets ?? []).filter(
      ({ source }) => source.kind === 'generate',
    ),
    isUp: instance !== undefined && instance.status !== 'Stopped',
    protections: instance?.protections ?? [],
    graceMs: apps.find((a) => a.name === name)?.stopTimeout ?? graceIn(applied?.facets),
    toplevel: applied?.toplevel ?? null,
    facts: {
      project,
      app: name,
      flakeRef: flakeRefIn(applied?.facets),
      revision: revisionOf(sourceIn(applied?.facets)),
      toplevel: applied?.toplevel ?? null,
      generation: applied?.generation ?? null,
      pets: VERSION,
    },
  };
}

/** `root`: the folder with all apps' backups; `timeout`: of an app that says nothing else. */
type Task = {
  readonly app: string;
  readonly root: string;
  readonly manifest: Manifest;
  readonly timeout: number;
};

export function workFor(
  { daemons, programs, state, output }: Runtime,
  { app, root, manifest, timeout }: Task,
): Omit<BackupContext, 'stop'> {
  const incus = daemons.of(app).incus(manifest.project);
  return {
    incus,
    guest: guestOver(incus, programs.exec),
    secrets: state.generated(manifest.project),
    limitMs: manifest.apps.find(({ name }) => name === app)?.timeout ?? timeout,
    root: join(root, app),
    now: () => new Date(),
    say: (line) => {
      output.step(app, line);
    },
    tell: output.tell(app),
  };
}

/** A signal is no failure: its exit code says which it was. */
export function tellInterrupted(output: Output, app: string, error: unknown): ExitCode {
  if (!(error instanceof Interrupted)) throw error;
  output.step(app, error.message);
  return error.exitCode;
}
