import { statfs } from 'node:fs/promises';

/** What a storage pool or a file system has left, and of how much. */
export type Space = {
  /** A total of 0: how much there is nobody says. */
  readonly bytes: Amount;
  /** Null: it counts none, as btrfs. */
  readonly inodes: Amount | null;
};
export type Amount = { readonly free: number; readonly total: number };

/** What users other than root may still write to the file system that `path` is on. Rejects where it is not there. */
export async function spaceAt(path: string): Promise<Space> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return {
    bytes: { free: bavail * bsize, total: blocks * bsize },
    inodes: files > 0 ? { free: ffree, total: files } : null,
  };
}
