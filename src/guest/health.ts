import { sleep } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { Health } from '../domain/manifest.js';
import type { Listen } from '../domain/binding.js';
import type { Incus } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import { FailedProgram } from '../domain/problem.js';
import { baselineOf } from './baseline.js';
import { deadAmong, deathOf } from './dead.js';
import { journalOf, lookInside } from './journal.js';
import { closureOnce } from './origin.js';
import type { HealthTarget } from './health-target.js';
import { probe } from './probe.js';
import { addTry, isHealthy, NO_TRIES, type Row } from './row.js';
import { STEADY_MS, hasFailed, waitsForRestart } from './units.js';
import type { ProbeResult } from './verdict.js';

export type Asking = {
  readonly app: AppName;
  readonly toplevel: string;
  readonly health: Health;
  readonly through: readonly Listen[];
  readonly since?: number | undefined;
};

/** Tries until enough of them in a row go well, something is wrong that will not mend itself, or the time is up. */
export async function check(
  { incus, exec }: { readonly incus: Incus; readonly exec: Exec },
  { app, toplevel, health, through, since }: Asking,
  say: (line: string) => void,
): Promise<{ readonly note: string }> {
  const during = 'while its health was checked';
  const deadline = Date.now() + health.timeoutMs;
  const [closure, baseline] = [closureOnce(toplevel, exec, say), baselineOf(incus, app)];
  const patient = { incus, app, deadline, during, since, toplevel, closure, baseline, health, through };
  let row = NO_TRIES;
  for (;;) {
    const next = Date.now() + health.intervalMs;
    const verdict = await judgeVerdict(patient, row, await probe(patient));
    const before = row.ill?.ill;
    row = addTry(row, verdict);
    const isLast = Date.now() + health.intervalMs > deadline;
    if ('note' in verdict && isHealthy(row, health.successes, isLast)) return { note: verdict.note };
    if (row.length === 0 && row.ill && row.ill.ill !== before) say(row.ill.ill);
    if (isLast || (row.length === 0 && row.ill?.isFinal)) throw await unhealthy(patient, row);
    // What a try takes is no pause: what is to be seen is that all is well for a while.
    await sleep(Math.max(0, next - Date.now()));
  }
}

/** An ill that a unit is to blame for which nobody starts again will not mend itself. */
async function judgeVerdict(patient: HealthTarget, row: Row, verdict: ProbeResult): Promise<ProbeResult> {
  if ('note' in verdict || !verdict.units) return verdict;
  const about = new Set([...row.about, ...(verdict.about ?? []), `${patient.app}.service`]);
  const dead = deadAmong(verdict.units, about, new Set());
  if (dead.length === 0) return verdict;
  const [first] = deadAmong(verdict.units, about, await patient.baseline());
  return first
    ? { ...verdict, ill: `${verdict.ill}, and ${deathOf(first)}`, unit: first.id, isFinal: true }
    : verdict;
}

async function unhealthy(patient: HealthTarget, row: Row): Promise<FailedProgram> {
  const { app, health } = patient;
  const { hint, unit, log, isFinal } = row.ill ?? {};
  const limit = isFinal ? '' : ` within ${health.timeoutMs / 1000} s`;
  const suspect = unit ?? suspectOf(patient, row);
  const hints = [...(hint === undefined ? [] : [hint]), lookInside(patient, suspect)];
  const said = log && log.length > 0 ? log : await journalOf(patient, suspect);
  const message = `not healthy${limit}: ${wordsOf(row, health)}`;
  return new FailedProgram(
    {
      code: 'health-failed',
      app,
      message,
      hint: hints.join('\n'),
      ...(suspect !== null && { data: { unit: suspect } }),
    },
    said,
  );
}

function wordsOf({ length, ill }: Row, { successes }: Health): string {
  if (ill && length === 0) return ill.ill;
  const few = `only ${length} of ${successes} tries in a row went well`;
  const good = length < successes ? few : `what answers has not yet run for ${STEADY_MS / 1000} s`;
  return ill ? `${ill.ill}; then ${good}` : good;
}

/** The unit that an app's ill health is most likely about; null: who knows. */
function suspectOf({ app, health: { check } }: HealthTarget, { ill, about }: Row): string | null {
  if (check.kind === 'unit') return check.unit;
  const units = ill?.units ?? [];
  const [answers] = ill?.about ?? [];
  if (answers !== undefined) return answers;
  const failing = units.find(hasFailed) ?? units.find(waitsForRestart);
  const own = units.find(({ id, load }) => id === `${app}.service` && load === 'loaded');
  return failing?.id ?? [...about][0] ?? own?.id ?? null;
}
