import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppOutcome, Event, Outcome, Plan } from '../model.js';
import type { Problem } from '../problem.js';
import type { Run, RunMeta, RunState } from '../run.js';
import { RUN_ID, startedOf } from './id.js';
import { isAlive } from './process.js';

/** Ids of the runs in this folder, the newest first; none where there is no such folder. */
export function listRuns(runs: string): readonly string[] {
  try {
    return readdirSync(runs)
      .filter((name) => RUN_ID.test(name))
      .sort()
      .reverse();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** One run, in whatever state its record was left. */
export function readRun(runs: string, id: string): Run {
  const directory = join(runs, id);
  const meta = readJson(join(directory, 'meta.json')) as RunMeta | null;
  const plan = readJson(join(directory, 'plan.json')) as Plan | null;
  const kept = readJson(join(directory, 'outcome.json')) as Outcome | null;
  const outcome = kept && { ...kept, apps: kept.apps.map(appFrom) };
  const events = outcome ? [] : eventsFrom(readText(join(directory, 'events.jsonl')) ?? '', plan);
  const isRunning = meta !== null && isAlive(meta.process);
  return {
    id,
    directory,
    started: meta?.started ?? startedOf(id),
    state: stateOf(meta, outcome, isRunning),
    meta,
    plan,
    outcome,
    events,
    files: filesIn(directory),
  };
}

const INTERRUPTED = new Set([130, 143]);

function stateOf(meta: RunMeta | null, outcome: Outcome | null, isRunning: boolean): RunState {
  const exitCode = meta?.exitCode ?? null;
  if (exitCode !== null)
    return INTERRUPTED.has(exitCode) ? 'interrupted' : exitCode === 0 ? 'done' : 'failed';
  // Killed after its work, before it could say with which code it ends.
  if (outcome?.interrupted) return 'interrupted';
  if (outcome) return outcome.apps.every(({ result }) => FINE.has(result)) ? 'done' : 'failed';
  return isRunning ? 'running' : 'abandoned';
}

const FINE: ReadonlySet<string> = new Set(['done', 'unchanged', 'held', 'condemned']);

/** Of a run that was killed while it wrote, the last line is not whole. */
function eventsFrom(text: string, plan: Plan | null): readonly Event[] {
  return text.split('\n').flatMap((line): Event[] => {
    // A build may have printed a million of these.
    if (line.startsWith('{"v":1,"type":"output"')) return [];
    const value = parse(line) as EventLine | null;
    if (!value || !KINDS.has(value.type)) return [];
    const event = { ...value, kind: value.type, at: Date.parse(value.time) } as unknown as Event;
    if (event.kind === 'run-started') return plan ? [{ ...event, plan }] : [];
    return event.kind === 'failed' ? [{ ...event, problem: problemFrom(event.problem) }] : [event];
  });
}

type EventLine = { readonly type: Event['kind']; readonly time: string };

/** By which one sees how far it came. */
const KINDS: ReadonlySet<Event['kind']> = new Set([
  'run-started',
  'started',
  'finished',
  'warned',
  'failed',
  'skipped',
  'interrupted',
]);

function appFrom(app: AppOutcome): AppOutcome {
  const { failure } = app;
  return failure ? { ...app, failure: { ...failure, problem: problemFrom(failure.problem) } } : app;
}

/** In JSON, what a problem does not have is null. */
function problemFrom(problem: Problem): Problem {
  const entries = Object.entries<unknown>(problem).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as unknown as Problem;
}

function filesIn(directory: string): readonly string[] {
  const list = (folder: string) => {
    try {
      return readdirSync(join(directory, folder)).filter((name) => /\.(json|jsonl|log)$/.test(name));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  };
  return [...list('.'), ...list('log').map((name) => `log/${name}`)].sort();
}

/** Null where it is missing or not whole. */
function readJson(path: string): object | null {
  const text = readText(path);
  return text === null ? null : parse(text);
}

/** Null as well for what a later pets may have written: its version is not ours. */
function parse(text: string): object | null {
  try {
    const value = JSON.parse(text) as { readonly v?: unknown; readonly version?: unknown } | null;
    return (value?.v ?? value?.version) === 1 ? value : null;
  } catch {
    return null;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
