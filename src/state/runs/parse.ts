import * as v from 'valibot';
import { ACTIONS } from '../../domain/action.js';
import type { AppResult, Outcome } from '../../domain/outcome.js';
import type { Event } from '../../domain/event.js';
import { parsePhase } from '../../domain/plan-record.js';
import type { Change, Interrupts, Plan, Verb } from '../../domain/plan.js';
import type { ToldProblem } from '../../domain/problem.js';
import type { RunMeta } from '../../domain/run.js';

/** The files of a run's record, from JSON to the types of what pets writes; null for anything else. */

const text = v.string();
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** ISO 8601. */
const time = v.pipe(
  text,
  v.check((written) => !Number.isNaN(Date.parse(written))),
);

const meta = v.object({
  v: v.literal(1),
  id: text,
  project: text,
  verb: text,
  argv: v.array(text),
  user: text,
  process: v.object({ pid: v.pipe(count, v.minValue(1), v.maxValue(2 ** 22)), start: v.nullable(text) }),
  version: text,
  started: time,
  ended: v.nullable(time),
  exitCode: v.nullable(v.pipe(count, v.maxValue(255))),
});

const VERBS = {
  unchanged: true,
  unknown: true,
  metadata: true,
  'proxy-update': true,
  reconfigure: true,
  secrets: true,
  start: true,
  stop: true,
  restart: true,
  rebuild: true,
  rename: true,
  rollback: true,
  create: true,
  recreate: true,
  rehearse: true,
  collect: true,
  destroy: true,
} as const satisfies Record<Verb, true>;
const CHANGES = {
  new: true,
  changed: true,
  drifted: true,
  both: true,
  added: true,
  unknown: true,
  held: true,
} as const satisfies Record<Change['kind'], true>;
const INTERRUPTS = {
  nothing: true,
  exposure: true,
  service: true,
  container: true,
} as const satisfies Record<Interrupts, true>;
const RESULTS = {
  unchanged: true,
  done: true,
  failed: true,
  'rolled-back': true,
  refused: true,
  skipped: true,
  interrupted: true,
  held: true,
  condemned: true,
} as const satisfies Record<AppResult, true>;

function oneOf<K extends string>(words: Readonly<Record<K, unknown>>) {
  return v.picklist(Object.keys(words) as K[]);
}

const data = v.record(text, v.union([text, v.number()]));
const place = v.object({ file: text, line: count, column: count });
/** In JSON, what a problem does not have is null; up to 0.2.0 none had a code. */
const problem = v.pipe(
  v.object({
    code: v.nullish(text),
    message: text,
    hint: v.nullish(text),
    place: v.nullish(place),
    data: v.nullish(data),
  }),
  v.transform(({ code, message, hint, place: at, data: more }): ToldProblem => ({
    ...(code == null ? {} : { code }),
    message,
    ...(hint == null ? {} : { hint }),
    ...(at == null ? {} : { place: at }),
    ...(more == null ? {} : { data: more }),
  })),
);

const change = v.object({
  facet: text,
  field: text,
  kind: oneOf(CHANGES),
  from: v.nullable(text),
  to: v.nullable(text),
});

const hold = v.object({ at: v.nullable(text), until: v.nullable(text), because: v.nullable(text) });

const plan = v.object({
  version: v.literal(1),
  project: text,
  apps: v.array(
    v.object({
      app: text,
      verb: oneOf(VERBS),
      changes: v.array(change),
      interrupts: oneOf(INTERRUPTS),
      url: v.nullable(text),
      held: v.nullable(text),
      condemned: v.boolean(),
      // Up to 0.2.0 nobody could hold an app.
      hold: v.optional(v.nullable(hold), null),
      notes: v.array(text),
    }),
  ),
  operations: v.array(
    v.pipe(
      v.object({
        id: text,
        app: text,
        // What an operation would do is not looked at: what was planned is not carried out from here.
        action: v.looseObject({ kind: oneOf(ACTIONS) }),
        cause: text,
        interrupts: oneOf(INTERRUPTS),
        needs: v.array(text),
        after: v.array(text),
        rescues: v.exactOptional(v.array(text)),
      }),
      v.transform(({ rescues, ...operation }) => ({ ...operation, ...parsePhase(rescues) })),
    ),
  ),
  problems: v.array(problem),
});

const failure = v.object({ op: text, problem, log: v.array(text) });

const outcome = v.object({
  v: v.literal(1),
  interrupted: v.boolean(),
  apps: v.array(
    v.object({
      app: text,
      verb: oneOf(VERBS),
      result: oneOf(RESULTS),
      url: v.nullable(text),
      warnings: v.array(text),
      notes: v.array(text),
      ms: v.pipe(v.number(), v.finite(), v.minValue(0)),
      failure: v.nullable(failure),
      because: v.nullable(text),
    }),
  ),
});

const head = { v: v.literal(1), time };
const ofOperation = { ...head, op: text, app: text };

/** By which one sees how far a run came; what builds printed is not among them. */
const event = v.variant('type', [
  v.object({ ...head, type: v.literal('run-started') }),
  v.object({ ...ofOperation, type: v.literal('started') }),
  v.object({ ...ofOperation, type: v.literal('finished'), note: v.exactOptional(text) }),
  v.object({ ...ofOperation, type: v.literal('warned'), message: text }),
  v.object({ ...ofOperation, type: v.literal('failed'), problem, log: v.array(text) }),
  v.object({ ...ofOperation, type: v.literal('skipped'), because: text }),
  v.object({ ...head, type: v.literal('interrupted'), running: count }),
]);

export const parseMeta = (written: string) => parseWith(meta, written) as RunMeta | null;
export const parsePlan = (written: string) => parseWith(plan, written) as Plan | null;
export const parseOutcome = (written: string) => parseWith(outcome, written) as Outcome | null;

/** `planned`: what the event that begins a run is completed with. */
export function parseEvent(line: string, planned: Plan | null): Event | null {
  const found = parseWith(event, line);
  if (!found) return null;
  const { type: kind, time: at, ...rest } = found;
  const whole = { ...rest, kind, at: Date.parse(at) };
  if (kind === 'run-started') return planned && ({ ...whole, plan: planned } as Event);
  return whole as unknown as Event;
}

function parseWith<S extends v.GenericSchema>(schema: S, written: string): v.InferOutput<S> | null {
  try {
    const result = v.safeParse(schema, JSON.parse(written));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
