import { verify, type Found } from '../backup/folder.js';
import { Interrupted } from '../backup/subject.js';
import { tryRestore } from '../backup/verify.js';
import type { AppName } from '../domain/names.js';
import { problemOf, ProblemError, type Problem } from '../domain/problem.js';
import { workFor } from './data.js';
import { everything, observeIdle } from './observe.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

/** How a backup was found: null where nobody looked. */
export type Verdict = 'restored' | 'checksums' | { readonly problem: Problem } | null;
export type Judged = Found & { readonly verdict: Verdict };

type Among = { readonly found: readonly Found[]; readonly stop: AbortSignal };

/** Newest first: the first of an app is its newest. */
export async function verdictOn(
  runtime: Runtime,
  { manifest }: Project,
  one: Found,
  { found, stop }: Among,
): Promise<Verdict> {
  const { app } = one.backup;
  try {
    if (stop.aborted) throw new Interrupted('interrupted; what was looked at is whole', stop);
    await verify(one.folder, one.backup, runtime.output.tell(app));
    if (found.find(({ backup }) => backup.app === app) !== one) return 'checksums';
    const actual = await observeIdle(runtime, manifest.project, everything);
    const subject = { app: app as AppName, volumes: actual.volumes.filter((v) => v.app === app) };
    const work = workFor(runtime, { app, root: one.folder, manifest, timeout: 0 });
    await tryRestore(one, subject, { ...work, stop });
    return 'restored';
  } catch (error) {
    if (!(error instanceof ProblemError) || error instanceof Interrupted) throw error;
    const { message, ...problem } = problemOf(error);
    return { problem: { ...problem, message: `${one.id}: ${message}` } };
  }
}
