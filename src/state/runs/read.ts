import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../domain/event.js';
import type { Outcome } from '../../domain/outcome.js';
import type { Plan } from '../../domain/plan.js';
import { linesOf, readRegular } from '../../lib/regular-file.js';
import type { Run, RunMeta, RunState } from '../../domain/run.js';
import { RUN_ID, startedOf } from './id.js';
import { parseEvent, parseMeta, parseOutcome, parsePlan } from './parse.js';
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

/** Bytes of a file of a record: of `events.jsonl` only what is wanted is kept, whatever its size. */
const MOST = 64 * 1024 * 1024;

/** One run, in whatever state its record was left. What is not as pets writes it is unreadable, alone. */
export function readRun(runs: string, id: string): Run {
  const directory = join(runs, id);
  const unreadable: string[] = [];
  const take = <T, U>(name: string, read: (path: string) => T, parse: (content: T) => U | null): U | null => {
    const content = contentOf(() => read(join(directory, name)));
    const value = content === null || content === false ? null : parse(content);
    if (content !== null && value === null) unreadable.push(name);
    return value;
  };
  const whole = (path: string) => readRegular(path, MOST).toString();
  const meta = take('meta.json', whole, parseMeta);
  const plan = take('plan.json', whole, parsePlan);
  const outcome = take('outcome.json', whole, parseOutcome);
  const events = outcome
    ? []
    : (take(
        'events.jsonl',
        (path) => linesOf(path, isWanted),
        (lines) => eventsFrom(lines, plan),
      ) ?? []);
  return {
    id,
    directory,
    started: meta?.started ?? startedOf(id),
    state: unreadable.includes('meta.json') ? 'unreadable' : stateOf(meta, outcome),
    meta,
    plan,
    outcome,
    events,
    files: filesIn(directory),
    unreadable,
  };
}

const INTERRUPTED = new Set([130, 143]);

function stateOf(meta: RunMeta | null, outcome: Outcome | null): RunState {
  const exitCode = meta?.exitCode ?? null;
  if (exitCode !== null)
    return INTERRUPTED.has(exitCode) ? 'interrupted' : exitCode === 0 ? 'done' : 'failed';
  // Killed after its work, before it could say with which code it ends.
  if (outcome?.interrupted) return 'interrupted';
  if (outcome) return outcome.apps.every(({ result }) => FINE.has(result)) ? 'done' : 'failed';
  return meta !== null && isAlive(meta.process) ? 'running' : 'abandoned';
}

const FINE: ReadonlySet<string> = new Set(['done', 'unchanged', 'held', 'condemned']);

/** Of a run that was killed while it wrote, the last line is not whole. */
function eventsFrom(lines: readonly string[], plan: Plan | null): readonly Event[] {
  return lines.flatMap((line) => parseEvent(line, plan) ?? []);
}

/** A build may have printed a million of these. */
function isWanted(line: string): boolean {
  return !line.startsWith('{"v":1,"type":"output"');
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

/** Null where there is none; `false` for one that cannot be read. */
function contentOf<T>(read: () => T): T | null | false {
  try {
    return read();
  } catch (error) {
    return isMissing(error) ? null : false;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
