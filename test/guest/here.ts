import { execFile } from 'node:child_process';
import { BIN } from '../../src/guest/ask.js';
import type { HealthTarget } from '../../src/guest/health-target.js';
import type { AppName } from '../../src/domain/names.js';
import type { Health } from '../../src/domain/manifest.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';

/** A guest whose commands run here for as long as they take, with this machine's programs; `folder`: some that come first. */
export function guestHere(limitMs: number, folder?: string) {
  const exec = (_: string, words: readonly string[]): Promise<GuestResult> => {
    const all = words.map((word) => word.replace(`${BIN}/`, ''));
    const [program = '', ...args] = all[0] === 'timeout' ? all.slice(3) : all;
    const path = process.env['PATH'] ?? '';
    const env = { ...process.env, PATH: folder === undefined ? path : `${folder}:${path}` };
    return new Promise((resolve) => {
      const child = execFile(program, args, { env }, (error, stdout, stderr) => {
        resolve({ exitCode: error ? (child.exitCode ?? 255) : 0, stdout, stderr });
      });
      child.stdin?.end();
    });
  };
  const incus = { query: exec } as unknown as Incus;
  return { incus, app: 'web' as AppName, deadline: Date.now() + limitMs, during: 'meanwhile' };
}

/** An app in it, of which nobody knows what it is made of. */
export function patientHere(
  check: Health['check'],
  over: Partial<HealthTarget> = {},
  folder?: string,
): HealthTarget {
  return {
    ...guestHere(60_000, folder),
    toplevel: '/nix/store/x-system',
    closure: () => Promise.resolve(null),
    baseline: () => Promise.resolve(new Set()),
    health: { check, timeoutMs: 60_000, intervalMs: 1000, successes: 4 },
    through: [],
    ...over,
  };
}
