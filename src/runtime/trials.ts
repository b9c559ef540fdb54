import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { incusOver } from '../incus/client/client.js';
import { socketPath } from '../incus/client/http.js';
import type { Trials, Verdict } from '../incus/client/sharing.js';
import { makeFolderSync, MODES, replaceFileSync } from '../lib/files.js';
import type { Incus } from '../domain/services.js';
import { readRegular } from '../lib/regular-file.js';
import type { Context } from './context.js';
import { trialsDirectory } from '../state/folders.js';

/** The daemon, with what has been tried of it. */
export function incusFor(project: string, env: Context['env']): Incus {
  return incusOver(socketPath(env), project, trialsIn(trialsDirectory(env)));
}

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

function verdictIn(kept: unknown, key: string): Verdict | undefined {
  const { key: own, unshareable } = (kept ?? {}) as {
    readonly key?: unknown;
    readonly unshareable?: unknown;
  };
  if (own !== key) return undefined;
  return unshareable === null || typeof unshareable === 'string' ? unshareable : undefined;
}
