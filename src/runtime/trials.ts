import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Trials, ShareVerdict } from '../incus/client/sharing.js';
import { makeFolderSync, MODES, replaceFileSync } from '../lib/files.js';
import { readRegular } from '../lib/regular-file.js';

/** Bytes of what is kept of one. */
const MOST = 64 * 1024;

/** A file for each key. What cannot be read was never tried, and what cannot be kept is tried again. */
export function trialsIn(directory: string): Trials {
  const pathOf = (key: string) =>
    join(directory, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`);
  return {
    get: (key) => {
      try {
        return verdictIn(JSON.parse(readRegular(pathOf(key), MOST).toString()), key);
      } catch {
        return undefined;
      }
    },
    keep: (key, verdict) => {
      try {
        makeFolderSync(directory, MODES.private.folder);
        const text = `${JSON.stringify({ key, unshareable: verdict })}\n`;
        replaceFileSync(pathOf(key), text, MODES.private.file);
      } catch {
        // The next run pays for it, and that is all.
      }
    },
  };
}

function verdictIn(kept: unknown, key: string): ShareVerdict | undefined {
  const { key: own, unshareable } = (kept ?? {}) as {
    readonly key?: unknown;
    readonly unshareable?: unknown;
  };
  if (own !== key) return undefined;
  return unshareable === null || typeof unshareable === 'string' ? unshareable : undefined;
}
