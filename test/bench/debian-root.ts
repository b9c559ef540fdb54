/** Roots of Debian releases, made with mmdebstrap from the mirror that the machine uses. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled, run, type Log } from './run.js';
import { acquireOptions, debianMirror, install } from './packages.js';

export type DebianRoot = {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly dir: string;
  /** Paths in it that are not wanted. */
  readonly ballast: readonly string[];
};

/** Nothing is left of one that did not become whole. */
export async function makeDebianRoot(
  { suite, packages, dir, ballast }: DebianRoot,
  log: Log,
  finish: (root: string) => Promise<void> | void,
): Promise<void> {
  if (!isInstalled('mmdebstrap')) await install('mmdebstrap', log);
  const root = `${dir}.tmp`;
  const discard = () => run('rm', ['-rf', '--one-file-system', root]);
  await discard();
  try {
    // mmdebstrap reads none of the host's configuration of apt.
    const options = (await acquireOptions()).map((line) => `--aptopt=${line}`);
    const include = `--include=${packages.join(',')}`;
    const args = ['--variant=minbase', include, ...options, suite, root, await debianMirror()];
    // Interrupted, it leaves /proc and /dev mounted in there; in a mount namespace of its own they go with it.
    await run('unshare', ['--mount', 'mmdebstrap', ...args]);
    for (const path of ballast) rmSync(join(root, path), { recursive: true, force: true });
    await finish(root);
    renameSync(root, dir);
  } finally {
    await discard();
  }
}
