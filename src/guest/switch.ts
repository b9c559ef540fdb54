import type { AppName } from '../model.js';
import type { GuestResult, Incus } from '../ports.js';
import { FailedProgram, TimeoutProblem } from '../problem.js';

/** switch-to-configuration: active, but some unit failed or could not be reloaded. */
const ACTIVE_WITH_FAILURES = 4;
/** switch-to-configuration: another one is running. */
const LOCKED = 11;

export type Switched = { readonly kind: 'switched'; readonly warnings: readonly string[] } | Refused;

/** The running guest did not take it; the system boots all the same. `advice`: what to do where it must not be restarted. */
export type Refused = {
  readonly kind: 'refused';
  readonly reason: string;
  readonly advice: string;
  readonly log: readonly string[];
};

/** One `switch`. A failure that a restart would not mend is a FailedProgram. */
export async function switchTo(
  incus: Incus,
  app: AppName,
  toplevel: string,
  limitMs: number,
  say: (line: string) => void,
): Promise<Switched> {
  let result: GuestResult;
  try {
    result = await incus.exec(app, [`${toplevel}/bin/switch-to-configuration`, 'switch'], limitMs);
  } catch (error) {
    if (!(error instanceof TimeoutProblem)) throw error;
    const seconds = Math.round(limitMs / 1000);
    const advice = `it may still be running in the guest: see incus exec ${app} -- ps ax`;
    return refused(`the switch did not end within ${seconds} s`, advice);
  }
  const lines = linesOf(result);
  for (const line of lines) say(line);
  if (result.exitCode === 0) return { kind: 'switched', warnings: [] };
  if (result.exitCode === ACTIVE_WITH_FAILURES) {
    const failure = lines.find((line) => line.includes('failed'));
    return { kind: 'switched', warnings: [failure ?? 'some unit failed during the switch'] };
  }
  const text = lines.join('\n');
  if (/Pre-switch check .*failed|switchInhibitors/.test(text))
    return refused(
      'the system refuses to be switched to while the guest runs',
      'it boots at the next restart',
      lines,
    );
  if (/Could not acquire lock/.test(text) || result.exitCode === LOCKED)
    return refused('another switch holds the lock', `run \`pets up ${app}\` again when it has ended`, lines);
  throw new FailedProgram(
    {
      app,
      message: `switch-to-configuration failed with exit code ${result.exitCode}`,
      hint: `fix the app's system and run \`pets up ${app}\` again`,
    },
    lines,
  );
}

function refused(reason: string, advice: string, log: readonly string[] = []): Refused {
  return { kind: 'refused', reason, advice, log };
}

function linesOf(result: GuestResult): string[] {
  return `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
}
