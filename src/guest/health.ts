import type { AppName, Health, Listen } from '../model.js';
import type { Exec, Incus } from '../ports.js';
import { FailedProgram } from '../problem.js';
import { pause } from './ask.js';
import { journalOf, lookInside } from './journal.js';
import { closureOf } from './origin.js';
import type { Patient } from './patient.js';
import { probe } from './probe.js';
import { suspectOf } from './suspect.js';
import { NO_RESTARTS, type Ill, type Restarts, type Verdict } from './verdict.js';

export type Asking = {
  readonly app: AppName;
  readonly toplevel: string;
  readonly health: Health;
  readonly through: readonly Listen[];
};

/** Tries until enough of them in a row go well, something is wrong that will not mend itself, or the time is up. */
export async function check(
  { incus, exec }: { readonly incus: Incus; readonly exec: Exec },
  { app, toplevel, health, through }: Asking,
  say: (line: string) => void,
): Promise<{ readonly note: string }> {
  const during = 'while its health was checked';
  const deadline = Date.now() + health.timeoutMs;
  const closure = closureOf(toplevel, exec, say);
  const patient = { incus, app, deadline, during, toplevel, closure, health, through };
  let row: Row = { length: 0, restarts: NO_RESTARTS, ill: null };
  for (;;) {
    const verdict = sinceLast(row, await probe(patient));
    if ('note' in verdict) {
      row = { ...row, length: row.length + 1, restarts: verdict.restarts };
      if (row.length >= health.successes) return { note: verdict.note };
    } else {
      if (verdict.ill !== row.ill?.ill) say(verdict.ill);
      row = { length: 0, restarts: NO_RESTARTS, ill: verdict };
    }
    const isFinal = row.length === 0 && row.ill?.isFinal === true;
    if (isFinal || Date.now() + health.intervalMs > deadline) throw await unhealthy(patient, row);
    await pause(health.intervalMs);
  }
}

/** Tries that went well, one after the other. `ill`: what was wrong before. */
type Row = { readonly length: number; readonly restarts: Restarts; readonly ill: Ill | null };

/** A unit that was restarted between two good tries is no good sign. */
function sinceLast({ restarts: before }: Row, verdict: Verdict): Verdict {
  if ('ill' in verdict) return verdict;
  const restarted = [...verdict.restarts].find(([unit, times]) => (before.get(unit) ?? times) !== times);
  return restarted ? { ill: `${restarted[0]} was restarted`, unit: restarted[0] } : verdict;
}

async function unhealthy(patient: Patient, row: Row): Promise<FailedProgram> {
  const { app, health } = patient;
  const { hint, unit, log, isFinal } = row.ill ?? {};
  const limit = isFinal ? '' : ` within ${health.timeoutMs / 1000} s`;
  const suspect = unit ?? (await suspectOf(patient));
  const hints = [...(hint === undefined ? [] : [hint]), lookInside(app, suspect)];
  const said = log && log.length > 0 ? log : await journalOf(patient, suspect);
  const message = `not healthy${limit}: ${wordsOf(row, health)}`;
  return new FailedProgram({ app, message, hint: hints.join('\n') }, said);
}

function wordsOf({ length, ill }: Row, { successes }: Health): string {
  const good = `only ${length} of ${successes} tries in a row went well`;
  if (!ill) return good;
  return length === 0 ? ill.ill : `${ill.ill}; then ${good}`;
}
