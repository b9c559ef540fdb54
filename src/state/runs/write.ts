import { closeSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync, MODES, replaceFileSync, setModeSync, writeMadeSync } from '../../lib/files.js';
import type { AppName } from '../../domain/names.js';
import type { Event } from '../../domain/event.js';
import type { OpId, Plan } from '../../domain/plan.js';
import { printPlanRecord } from '../../domain/plan-record.js';
import type { Outcome } from '../../domain/outcome.js';
import { logFile, type RunMeta } from '../../domain/run.js';
import { RUN_ID } from './id.js';

/** Runs of a project that are kept. */
const KEPT = 50;
/** What builds print may be private. */
const { file: FILE, folder: FOLDER } = MODES.private;

/** How things are put into words: as the reading verbs and `--progress json` print them. */
export type Print = {
  readonly json: (value: object) => string;
  readonly event: (event: Event) => string;
  readonly outcome: (outcome: Outcome) => object;
};

/**
 * Writes down one run as it goes, at once and in order: whenever the process is killed, what it had said by then is
 * there. What cannot be written stops no run: `problem` says why the record is not whole.
 */
export class RunRecord {
  problem: string | null = null;
  readonly #directory: string;
  readonly #meta: RunMeta;
  readonly #print: Print;
  #isThere = false;
  /** A line is missing: what would come after it is not written either. */
  #isBroken = false;
  readonly #open = new Map<string, number>();
  /** The operation of each app that spoke last. */
  readonly #speaking = new Map<AppName, OpId>();

  /** `runs`: the folder of the project's runs. Runs beyond the newest 50 are removed. */
  constructor(runs: string, meta: RunMeta, plan: Plan, print: Print) {
    this.#directory = join(runs, meta.id);
    this.#meta = meta;
    this.#print = print;
    this.#attempt(() => {
      // Whoever sees a record sees these two in it.
      const draft = join(runs, `.${meta.id}`);
      makeFolderSync(join(draft, 'log'), FOLDER);
      writeMadeSync(join(draft, 'plan.json'), print.json(printPlanRecord(plan)), FILE);
      writeMadeSync(join(draft, 'meta.json'), print.json(meta), FILE);
      renameSync(draft, this.#directory);
      this.#isThere = true;
    });
    if (this.#isThere)
      this.#attempt(() => {
        removeOld(runs);
      });
  }

  event(event: Event): void {
    if (!this.#isThere || this.#isBroken) return;
    this.#isBroken = !this.#attempt(() => {
      this.#append('events.jsonl', `${this.#print.event(event)}\n`);
      if (event.kind === 'output') this.#log(event, event.line);
      if (event.kind === 'failed') this.#logFailure(event);
      if (event.kind === 'run-ended')
        this.#replace('outcome.json', { v: 1, ...this.#print.outcome(event.outcome) });
    });
  }

  /** Where what an app's builds and switches printed is, and why it failed; null where there is no such file. */
  readonly logOf = (app: AppName): string | null =>
    this.#open.has(logFile(app)) ? join(this.#directory, logFile(app)) : null;

  end(exitCode: number): void {
    if (!this.#isThere) return;
    const meta = { ...this.#meta, ended: new Date().toISOString(), exitCode };
    const isReplaced = this.#attempt(() => {
      this.#replace('meta.json', meta);
    });
    // On a full disk there is still room for it where it was: else it would read `abandoned`.
    if (!isReplaced)
      this.#attempt(() => {
        writeFileSync(join(this.#directory, 'meta.json'), this.#print.json(meta), { flag: 'r+' });
      });
    this.#attempt(() => {
      for (const file of this.#open.values()) closeSync(file);
      this.#open.clear();
    });
  }

  #attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      this.problem ??= error instanceof Error ? error.message : String(error);
      return false;
    }
  }

  #log({ app, op, at }: Extract<Event, { op: OpId }>, line: string): void {
    if (this.#speaking.get(app) !== op)
      this.#append(logFile(app), `== ${new Date(at).toISOString()} ${op.slice(app.length + 1)}\n`);
    this.#speaking.set(app, op);
    this.#append(logFile(app), `${line}\n`);
  }

  /** What had been printed as it came is not said again. */
  #logFailure(event: Extract<Event, { kind: 'failed' }>): void {
    const said = this.#speaking.get(event.app) === event.op ? [] : event.log;
    for (const line of [...said, `failed: ${event.problem.message}`]) this.#log(event, line);
  }

  #append(path: string, text: string): void {
    writeFileSync(this.#open.get(path) ?? this.#begin(path), text);
  }

  #begin(path: string): number {
    const file = openSync(join(this.#directory, path), 'a', FILE);
    this.#open.set(path, file);
    setModeSync(join(this.#directory, path), FILE);
    return file;
  }

  /** Whole or not at all. */
  #replace(path: string, value: object): void {
    replaceFileSync(join(this.#directory, path), this.#print.json(value), FILE);
  }
}

/** And drafts: the project has one writer, so they are of runs that were killed. */
function removeOld(runs: string): void {
  const names = readdirSync(runs);
  const old = names.filter((name) => RUN_ID.test(name)).sort();
  const drafts = names.filter((name) => name.startsWith('.') && RUN_ID.test(name.slice(1)));
  for (const name of [...old.slice(0, -KEPT), ...drafts])
    rmSync(join(runs, name), { recursive: true, force: true });
}
