import { isOwnUnit } from './log.js';

/** A unit as systemd has it in memory. */
export type Unit = {
  readonly id: string;
  /** `not-found`, `loaded`, `masked`… */
  readonly load: string;
  /** `active`, `inactive`, `activating`, `failed`… */
  readonly active: string;
  readonly sub: string;
  /** Why it failed: `exit-code`, `signal`, `start-limit-hit`… */
  readonly result: string;
  /** How often systemd has restarted it of its own accord. */
  readonly restarts: number;
  /** Of its main process; 0: it has none. */
  readonly pid: number;
  /** How long that has run; null: there is none. */
  readonly ageMs: number | null;
  /** What starts it, other than a person: timers, sockets, paths, units that uphold it. */
  readonly starters: readonly string[];
  /** What it asks systemd to start before it or with it. */
  readonly needs: readonly string[];
};

const STARTERS = ['TriggeredBy', 'UpheldBy'];
const NEEDS = ['Requires', 'BindsTo', 'Wants'];
/** For `systemctl show`. */
export const PROPERTIES = [
  ...['Id', 'LoadState', 'ActiveState', 'SubState', 'Result', 'NRestarts', 'MainPID'],
  ...STARTERS,
  ...NEEDS,
].join(',');

/** In what `units` of the shell prints. */
export function unitsIn(text: string): Unit[] {
  return text
    .split('\n\n')
    .filter((block) => block.trim() !== '')
    .map(unitIn);
}

function unitIn(block: string): Unit {
  const of = (property: string) => new RegExp(`^${property}=(.*)$`, 'm').exec(block)?.[1] ?? '';
  const listed = (properties: readonly string[]) =>
    properties.flatMap((property) => of(property).split(' ')).filter((name) => name !== '');
  const age = of('Age');
  return {
    id: of('Id'),
    load: of('LoadState'),
    active: of('ActiveState'),
    sub: of('SubState'),
    result: of('Result'),
    restarts: Number(of('NRestarts')),
    pid: Number(of('MainPID')),
    ageMs: age === '' ? null : Number(age) * 10,
    starters: listed(STARTERS),
    needs: listed(NEEDS),
  };
}

export function hasFailed({ active }: Unit): boolean {
  return active === 'failed';
}

/** Between two of its runs. */
export function waitsForRestart({ active, sub }: Unit): boolean {
  return active === 'activating' && sub.startsWith('auto-restart');
}

/** What has run no longer may be one of those that serve for a moment and end, again and again. */
export const STEADY_MS = 3000;

export function isYoung({ ageMs }: { readonly ageMs: number | null }): boolean {
  return ageMs !== null && ageMs < STEADY_MS;
}

/** Its main process was gone by the time that it was looked at. */
export function hasEnded({ pid, ageMs }: Unit): boolean {
  return pid !== 0 && ageMs === null;
}

/** It has failed, or is on the way from one failure to the next: what is restarted again and again passes many states. */
export function isAiling(unit: Unit): boolean {
  return hasFailed(unit) || waitsForRestart(unit) || (unit.restarts > 0 && !isSteady(unit));
}

function isSteady({ active, result, pid, ageMs }: Unit): boolean {
  if (active === 'inactive') return result === 'success';
  return active === 'active' && (pid === 0 || (ageMs !== null && ageMs >= STEADY_MS));
}

/** The app's own, and no part of the system that it runs on. */
export function isOwn({ id }: Unit): boolean {
  return isOwnUnit(id.replace(/\.socket$/, '.service'));
}

/** Nobody starts it again: where systemd still tries it has not failed yet. */
export function isDead(unit: Unit): boolean {
  return hasFailed(unit) && unit.starters.length === 0;
}

/** It runs, or is about to. */
export function isAlive({ active, sub }: Unit): boolean {
  return active === 'active' ? sub !== 'exited' : active !== 'inactive' && active !== 'failed';
}
