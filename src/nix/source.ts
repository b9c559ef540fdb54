import { existsSync } from 'node:fs';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gitIn } from '../lib/environment.js';
import type { ContentHash } from '../domain/desired.js';
import type { FlakeRef } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import {
  contentHashBy,
  copy,
  digest,
  fingerprint,
  freezeTimes,
  gitFailed,
  refuseOddFiles,
  repositoryOf,
  shellWord,
  listTracked,
  walk,
  type Reading,
} from './files.js';
import { parameterOf } from './url.js';

/** Files of a local flake, relative to its directory, sorted. */
type Listing = { readonly directory: string; readonly files: readonly string[] };

/**
 * A local flake is its own directory and nothing around it: in a git work tree the tracked files with what is
 * in them now (Nix does not see untracked ones either), elsewhere, and for `path:`, all files.
 * `git+file:` stands for the whole repository. `ignored`: absolute real paths that are not part of any source,
 * the manifest and its lock: else a changed port would change the app beside it.
 */
export function contentHash(
  ref: FlakeRef,
  ignored: ReadonlySet<string>,
  exec: Exec,
  reading: Reading = { files: 0, bytes: 0 },
): Promise<ContentHash> {
  return contentHashBy(ref.written, async () => {
    const commit = await commitOf(ref, exec);
    if (commit !== null) return commit;
    const { directory, files } = await list(ref, ignored, exec);
    return digest(await Promise.all(files.map((file) => fingerprint(join(directory, file), file, reading))));
  });
}

/** A `git+file:` with `ref` or `rev` stands for that commit, whatever is checked out. */
async function commitOf(ref: FlakeRef, exec: Exec): Promise<string | null> {
  const wanted = parameterOf(ref.url, 'rev') ?? parameterOf(ref.url, 'ref');
  if (!ref.url.startsWith('git+file:') || wanted === null || ref.directory === undefined) return null;
  const args = gitIn(ref.directory, 'rev-parse', '--verify', '--end-of-options', `${wanted}^{commit}`);
  const { exitCode, stdout, stderr } = await exec('git', args);
  if (exitCode !== 0)
    throw gitFailed(ref.directory, `\`${ref.written}\`: git does not know ${wanted}`, stderr);
  return stdout.trim();
}

/** Copies what `contentHash` covers to `target`. */
export async function stage(
  ref: FlakeRef,
  ignored: ReadonlySet<string>,
  target: string,
  exec: Exec,
): Promise<void> {
  const { directory, files } = await list(ref, ignored, exec);
  await mkdir(target, { recursive: true });
  for (const file of files) await copy(join(directory, file), join(target, file));
  await freezeTimes(target);
}

async function list(ref: FlakeRef, ignored: ReadonlySet<string>, exec: Exec): Promise<Listing> {
  const directory = await existing(ref);
  const root = ref.written.startsWith('path:') ? null : repositoryOf(directory);
  const found = root === null ? await walk(directory) : await listTracked(directory, exec);
  const files = [...new Set(found)].filter((file) => !ignored.has(join(directory, file))).sort();
  refuseOddFiles(ref.written, directory, files);
  if (root !== null && !files.includes('flake.nix') && existsSync(join(directory, 'flake.nix'))) {
    throw new ProblemError({
      code: 'source-untracked',
      message: `\`${ref.written}\`: its flake.nix is not tracked by git, so Nix does not see it`,
      hint: `git -C ${shellWord(directory)} add flake.nix`,
    });
  }
  return { directory, files };
}

async function existing(ref: FlakeRef): Promise<string> {
  const written = ref.directory ?? '';
  const found = await lstat(written).catch(() => null);
  if (found === null)
    throw new ProblemError({ code: 'source-missing', message: `\`${ref.written}\`: there is no ${written}` });
  const directory = await realpath(written);
  if (!(await lstat(directory)).isDirectory())
    throw new ProblemError({ code: 'source-unfit', message: `\`${ref.written}\` is not a directory` });
  const hasFlake = existsSync(join(directory, 'flake.nix')) || ref.url.startsWith('git+file:');
  if (!hasFlake)
    throw new ProblemError({
      code: 'source-missing',
      message: `\`${ref.written}\`: there is no flake.nix in ${directory}`,
    });
  if (!ref.url.startsWith('git+file:')) await mustHoldFlake(ref, directory);
  return directory;
}

/** Nix sees the folder alone: a link out of it leads nowhere there. */
async function mustHoldFlake({ written }: FlakeRef, directory: string): Promise<void> {
  const target = await realpath(join(directory, 'flake.nix'));
  if (target.startsWith(`${directory}/`)) return;
  throw new ProblemError({
    code: 'source-unfit',
    message: `\`${written}\`: its flake.nix is a link out of its folder, to ${target}, which Nix does not see`,
    hint: `name the folder that it is in, flake-ref = ${JSON.stringify(dirname(target))}, or put the file itself in place of the link`,
  });
}
