import type { AppName } from '../domain/names.js';
import type { GuestDeed } from '../domain/services.js';

export type SwitchExit = Handled | Refused | { readonly kind: 'failed'; readonly log: readonly string[] };

/** It went on to its end. With warnings the system need not be the current one: that is the activation's last act. */
export type Handled = {
  readonly kind: 'handled';
  readonly warnings: readonly string[];
  readonly log: readonly string[];
};

/** The running guest did not take it; the system boots all the same. `advice`: what to do where it must not be restarted. */
export type Refused = {
  readonly kind: 'refused';
  readonly reason: string;
  readonly advice: string;
  readonly log: readonly string[];
};

/** The last code that it sets is the one that it ends with: 4 after a 2. */
const ACTIVATION_FAILED = 2;
const RELOAD_FAILED = 3;
const UNITS_FAILED = 4;
const LOCKED = 11;
const OTHER_INIT = 100;

const UNTOLD: Readonly<Record<number, string>> = {
  [ACTIVATION_FAILED]: 'the activation script failed',
  [RELOAD_FAILED]: 'systemd could not be reloaded, or its files could not be set up',
  [UNITS_FAILED]: 'a unit failed, or could not be reloaded',
};

/** What precedes the activation in every version of it. */
const BEGUN = /^activating the configuration/;
const UNTAKEN = /^Pre-switch check.* failed|switchInhibitors/m;

/**
 * What an end of switch-to-configuration means: of the one in perl and of the one in Rust. Where either gives up it
 * ends with the number of the system's last error, which may be any of the codes above: what it had said by then tells.
 */
export function judgeSwitch(app: AppName, { exitCode, output }: GuestDeed): SwitchExit {
  const log = linesOf(output);
  if (exitCode === 0) return { kind: 'handled', warnings: [], log };
  const hasBegun = log.some((line) => BEGUN.test(line));
  const refusal = hasBegun ? null : refusalIn(app, exitCode, log);
  if (refusal) return refusal;
  const isHandled = exitCode === UNITS_FAILED || (hasBegun && UNTOLD[exitCode] !== undefined);
  return isHandled ? { kind: 'handled', warnings: warningsIn(exitCode, log), log } : { kind: 'failed', log };
}

function refusalIn(app: AppName, exitCode: number, log: readonly string[]): Refused | null {
  const text = log.join('\n');
  const boots = 'it boots at the next restart';
  if (exitCode === OTHER_INIT)
    return refuseSwitch('the init of the system is another than the one that runs', boots, log);
  if (UNTAKEN.test(text))
    return refuseSwitch('the system refuses to be switched to while the guest runs', boots, log);
  if (/Could not acquire lock/.test(text) || exitCode === LOCKED)
    return refuseSwitch(
      'another switch holds the lock',
      `run \`pets up ${app}\` again when it has ended`,
      log,
    );
  return null;
}

export function refuseSwitch(reason: string, advice: string, log: readonly string[] = []): Refused {
  return { kind: 'refused', reason, advice, log };
}

/** Its own words for what went wrong; in between is whatever else prints there: locales, statuses of units. */
const SNIPPET = /^(Activation script snippet .* failed.*)/;
const USER = /^warning: (user activation for .* failed.*)/;
const UNITS = /^warning: (the following units failed: .*)/;
const JOB = /^(Failed to (?:start|stop|restart|reload) \S+\.\w+.*)/;
const MOST = 5;
const LONGEST = 400;

function warningsIn(exitCode: number, log: readonly string[]): string[] {
  const told = (pattern: RegExp) => log.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  const units = told(UNITS);
  const all = [...told(SNIPPET), ...told(USER), ...(units.length > 0 ? units : told(JOB))];
  if (all.length === 0) return [`switch-to-configuration exits with ${exitCode}: ${UNTOLD[exitCode] ?? ''}`];
  const shown = all
    .slice(0, MOST)
    .map((text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text));
  return all.length > MOST ? [...shown, `and ${all.length - MOST} more`] : shown;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
