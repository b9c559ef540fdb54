import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';
import { isAwake } from './awake.js';

const BIN = '/run/current-system/sw/bin';
/** A unit in one of these states has loaded its credentials, or has failed for want of one. */
const STATES = ['active', 'activating', 'reloading', 'failed'];
/**
 * Asks for two properties of each object given as an argument. `systemctl show` only says that they are
 * "unprintable" (seen with systemd 252).
 */
const ASK = `for unit in "$@"; do
  ${BIN}/busctl --json=short get-property org.freedesktop.systemd1 "$unit" \\
    org.freedesktop.systemd1.Service LoadCredential LoadCredentialEncrypted
  echo =
done`;

/**
 * The services that run, or have failed, and load a credential from one of `paths`; sorted. A guest that was started a
 * moment ago is waited for.
 */
export async function loadersOf(
  incus: Incus,
  app: AppName,
  paths: ReadonlySet<string>,
  limitMs: number,
): Promise<string[]> {
  const during = 'while its secrets were given out';
  const isThere = await isAwake({ incus, app, deadline: Date.now() + limitMs, during });
  if (!isThere) throw noAnswer(app, 'it is still about to boot');
  const units = await servicesOf(incus, app, limitMs);
  if (units.length === 0) return [];
  const objects = units.map((unit) => `/org/freedesktop/systemd1/unit/${busPath(unit)}`);
  const { exitCode, stdout, stderr } = await incus.query(
    app,
    ['/bin/sh', '-c', ASK, 'sh', ...objects],
    limitMs,
  );
  const answers = stdout.split(/^=$/m).map(pathsIn);
  if (exitCode !== 0 || answers.every((answer) => answer === null)) throw noAnswer(app, stderr);
  return units.filter((_, i) => answers[i]?.some((path) => paths.has(path))).sort();
}

async function servicesOf(incus: Incus, app: AppName, limitMs: number): Promise<string[]> {
  const command = ['list-units', '--type=service', '--plain', '--no-legend', '--full'];
  const states = `--state=${STATES.join(',')}`;
  const { exitCode, stdout, stderr } = await incus.query(
    app,
    [`${BIN}/systemctl`, ...command, states],
    limitMs,
  );
  if (exitCode !== 0) throw noAnswer(app, stderr);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[0] ?? '')
    .filter((unit) => unit.endsWith('.service'));
}

/** `{"type":"a(ss)","data":[["id","path"]]}`, a line for each property; null: a unit that is gone says nothing. */
function pathsIn(answer: string): string[] | null {
  const lines = answer.split('\n').filter((line) => line !== '');
  if (lines.length === 0) return null;
  return lines.flatMap((line) => {
    const { data } = JSON.parse(line) as { data: readonly (readonly [id: string, path: string])[] };
    return data.map(([, path]) => path);
  });
}

/** How systemd writes a unit's name in an object path: all but letters and digits as `_` and two hex digits. */
export function busPath(unit: string): string {
  return [...Buffer.from(unit)]
    .map((byte, i) => {
      const char = String.fromCharCode(byte);
      const isPlain = /[A-Za-z]/.test(char) || (/[0-9]/.test(char) && i > 0);
      return isPlain ? char : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
}

function noAnswer(app: AppName, stderr: string): ProblemError {
  const hint = `run \`pets up ${app}\` again`;
  return new ProblemError({
    code: 'guest-unanswering',
    app,
    message: `systemd does not answer: ${stderr.trim()}`,
    hint,
  });
}
