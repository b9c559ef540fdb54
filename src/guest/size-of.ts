import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { problemOf } from '../domain/problem.js';
import { BIN } from './ask.js';

/** By `du`, which fails for a file that goes away meanwhile, and counts the others. */
export async function sizeOf(
  incus: Incus,
  app: AppName,
  path: string,
  limitMs: number,
): Promise<{ readonly bytes: number } | { readonly unknown: string }> {
  try {
    const { stdout, stderr } = await incus.query(app, [`${BIN}/du`, '-skx', '--', path], limitMs);
    const [, kib] = /^(\d+)\s/.exec(stdout) ?? [];
    return kib === undefined
      ? { unknown: stderr.trim() || '`du` said nothing' }
      : { bytes: Number(kib) * 1024 };
  } catch (error) {
    // A guest that is in a bad way is what an upgrade may put right.
    return { unknown: problemOf(error).message };
  }
}
