import type { AppName } from '../model.js';
import type { GuestResult, Incus } from '../ports.js';
import { FailedProgram, TimeoutProblem } from '../problem.js';
import { judgeSwitch, refused, type Refused } from './switch-exit.js';

export type Switched = { readonly kind: 'switched'; readonly warnings: readonly string[] } | Refused;

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
  const exit = judgeSwitch(app, result);
  for (const line of exit.log) say(line);
  if (exit.kind === 'refused') return exit;
  if (exit.kind === 'failed')
    throw failed(app, `switch-to-configuration failed with exit code ${result.exitCode}`, exit.log);
  if (exit.warnings.length > 0) await mustBeCurrent(incus, app, toplevel, exit.log);
  return { kind: 'switched', warnings: exit.warnings };
}

/** A snippet that exits ends the whole activation, and that makes the system the current one last. */
async function mustBeCurrent(
  incus: Incus,
  app: AppName,
  toplevel: string,
  log: readonly string[],
): Promise<void> {
  const current = await incus.readLink(app, '/run/current-system');
  if (current === toplevel) return;
  const message = `the activation script broke off: the guest still runs ${current ?? 'no system'}`;
  throw failed(app, message, log);
}

function failed(app: AppName, message: string, log: readonly string[]): FailedProgram {
  return new FailedProgram(
    { app, message, hint: `fix the app's system and run \`pets up ${app}\` again` },
    log,
  );
}
