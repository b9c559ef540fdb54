import { join } from 'node:path';
import { Interrupted, type Subject, type Work } from '../backup/subject.js';
import { flakeRefIn, graceIn } from '../facets/meta.js';
import { sourceIn } from '../facets/system.js';
import { guestOver } from '../guest/guest.js';
import { incusOver } from '../incus/client/client.js';
import { socketPath } from '../incus/client/http.js';
import { didYouMean } from '../lib/closest-match.js';
import type { Actual } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Manifest } from '../domain/manifest.js';
import { EXIT, ProblemError, type ExitCode } from '../domain/problem.js';
import type { Context } from './context.js';
import type { LockOptions } from './project-lock.js';
import { generatedIn } from '../state/secrets/generated.js';
import { revisionOf } from './revision.js';
import { lazyExec } from './wire.js';
import { sayer, teller } from './say.js';
import { secretsDirectory, stateDirectory } from '../state/folders.js';
import { VERSION } from '../domain/version.js';

/** What the verbs that move an app's data take. */
export type DataOptions = LockOptions & { readonly timeout: number };

/** The app with its volumes as it is now. One that is nowhere but in the manifest has none. */
export function subjectOf(name: string, { project, apps }: Manifest, actual: Actual): Subject {
  const instance = actual.apps.find((a) => a.name === name);
  const volumes = actual.volumes.filter((v) => v.app === name);
  const known = [...apps, ...actual.apps]
    .map((a) => a.name)
    .concat(actual.volumes.map((v) => v.app as AppName));
  if (!known.some((app) => app === name)) {
    const names = [...new Set<string>(known)].sort();
    const hint = didYouMean(name, names) ?? `there are ${names.join(', ')}`;
    throw new ProblemError({ message: `there is no app \`${name}\``, hint }, EXIT.usage);
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

/** All backups of the project; each app has a folder in it. */
export function backupsRoot({ project }: Pick<Manifest, 'project'>, env: Context['env']): string {
  return join(stateDirectory(env, project), 'backups');
}

export function workFor(
  app: string,
  root: string,
  manifest: Manifest,
  options: DataOptions,
  context: Context,
): Omit<Work, 'stop'> {
  const incus = incusOver(socketPath(context.env), manifest.project);
  return {
    incus,
    guest: guestOver(incus, lazyExec),
    secrets: generatedIn(secretsDirectory(context.env, manifest.project)),
    limitMs: manifest.apps.find(({ name }) => name === app)?.timeout ?? options.timeout,
    root: join(root, app),
    now: () => new Date(),
    say: sayer(app, options, context),
    tell: teller(app, options, context),
  };
}

/** A signal is no failure: its exit code says which it was. */
export function interrupted(app: string, error: unknown, options: DataOptions, context: Context): ExitCode {
  if (!(error instanceof Interrupted)) throw error;
  sayer(app, options, context)(error.message);
  return error.exitCode;
}
