import { type LogEntry, type LogQuery, ownUnits, isOwnUnit, journalCommand, entryIn } from '../guest/log.js';
import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import type { Daemon, LinesResult } from './daemons.js';
import type { ActualApp } from '../domain/actual.js';
import { sleep } from '../lib/wait.js';
import { ProblemError } from '../domain/problem.js';

/** What is read of each app. */
export type ReadOptions = {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Lines of each app; Infinity: all. */
  readonly tail?: number;
  /** Of none: the app's own services. */
  readonly unit: readonly string[];
};

export type Entry = LogEntry & { readonly app: AppName };

/** Lines of each app, where no start is given. */
const TAIL = 100;

export type PrintEntry = (entry: Entry) => Promise<void>;

type Sources = {
  readonly incus: Incus;
  readonly boots: ReturnType<Daemon['boots']>;
  readonly lines: Daemon['lines'];
};

export class LogReader {
  readonly #incus: Incus;
  readonly #options: ReadOptions;
  readonly #stop: AbortSignal;
  readonly #lines: Daemon['lines'];
  readonly #boots: (name: string) => Promise<string | null>;
  /** Nothing of what is said from here on is left out. */
  readonly #begun = Date.now();

  constructor({ incus, boots, lines }: Sources, options: ReadOptions, stop: AbortSignal) {
    this.#incus = incus;
    this.#boots = boots;
    this.#lines = lines;
    this.#options = options;
    this.#stop = stop;
  }

  /** What there is now, of all apps together; where each one's journal is at afterwards. */
  async past(pets: readonly ActualApp[], print: PrintEntry): Promise<ReadonlyMap<AppName, string>> {
    const { since = null, tail = since === null ? TAIL : Infinity } = this.#options;
    const last = new Map<AppName, string>();
    const sources = pets.map(({ name }) =>
      this.#past(name, { since, tail: tail === Infinity ? null : tail }),
    );
    for await (const entry of mergeSorted(sources, (a, b) => a.at - b.at)) {
      last.set(entry.app, entry.cursor);
      await print(entry);
    }
    return last;
  }

  async *#past(app: AppName, { since, tail }: Pick<LogQuery, 'since' | 'tail'>): AsyncGenerator<Entry> {
    const { unit } = this.#options;
    const units = unit.length > 0 ? unit : await ownUnits(this.#incus, app);
    if (units.length === 0) return;
    yield* this.#read(app, { units, since, tail, after: null, follow: false });
  }

  /** Through restarts of the container, as long as there is one; `after`: where its journal was at. */
  async follow(app: AppName, after: string | null, print: PrintEntry): Promise<void> {
    const reached = { at: after };
    let [last, failed]: [string | null, number] = [null, 0];
    for (let boot = await this.#boot(app, last); boot !== null; boot = await this.#boot(app, last)) {
      try {
        await this.#followBoot(app, reached, print);
        [last, failed] = [boot, 0];
      } catch (error) {
        // A guest that was just started has no programs yet, and a busy machine breaks off what was begun.
        if (!(error instanceof Unreadable) || ++failed === ATTEMPTS) throw error;
        await sleep(LOOK_AGAIN_MS, this.#stop);
      }
    }
  }

  /** `reached`: where the journal is at. */
  async #followBoot(app: AppName, reached: { at: string | null }, print: PrintEntry): Promise<void> {
    const { unit } = this.#options;
    // Services that come with an upgrade are the app's own too: which they are is told as they speak.
    const units = unit.length > 0 ? unit : null;
    const isWanted = (entry: Entry) => units !== null || (entry.unit !== null && isOwnUnit(entry.unit));
    // Following shows nothing of the boots before.
    for (const follow of reached.at === null ? [true] : [false, true]) {
      const since = reached.at === null ? this.#begun : null;
      const query = { units, since, tail: null, after: reached.at, follow };
      for await (const entry of this.#read(app, query)) {
        reached.at = entry.cursor;
        if (isWanted(entry)) await print(entry);
        if (follow && entry.isEnd) break;
      }
    }
  }

  /**
   * Waits until the container runs, anew where one run of it was read to its end: a guest that goes down waits for
   * whoever is in it. What it still says then is read when it runs again. Null when nobody wants to know any more.
   */
  async #boot(app: AppName, last: string | null): Promise<string | null> {
    const deadline = Date.now() + SHUTDOWN_MS;
    while (!this.#stop.aborted) {
      const boot = await this.#boots(app);
      if (boot !== null && (boot !== last || Date.now() > deadline)) return boot;
      await sleep(LOOK_AGAIN_MS, this.#stop);
    }
    return null;
  }

  async *#read(app: AppName, query: LogQuery): AsyncGenerator<Entry> {
    const reading = this.#lines(app, journalCommand(query), this.#stop);
    try {
      let next = await reading.next();
      for (; !next.done; next = await reading.next()) {
        const entry = entryIn(next.value);
        if (entry) yield { ...entry, app };
      }
      this.#mustHaveRead(app, query, next.value);
    } finally {
      await reading.return(UNREAD);
    }
  }

  /** Following ends with the container. */
  #mustHaveRead(app: AppName, { follow }: LogQuery, { exitCode, stderr }: LinesResult): void {
    if (exitCode === 0 || this.#stop.aborted || (follow && exitCode !== NOT_FOUND)) return;
    throw new Unreadable({
      code: 'journal-unreadable',
      app,
      message: `its journal cannot be read: ${stderr.trim()}`,
    });
  }
}

class Unreadable extends ProblemError {}

const UNREAD = { exitCode: null, stderr: '' };

/** Of a command that is not there. */
const NOT_FOUND = 127;

const LOOK_AGAIN_MS = 1000;

/** A minute of them. */
const ATTEMPTS = 60;

/** Longer than a stop takes. A guest that still runs then has only ended what read its journal. */
const SHUTDOWN_MS = 60_000;

/** What several ordered sources give, in one order. Of each only one item is held at a time. */
export async function* mergeSorted<T>(
  sources: readonly AsyncGenerator<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let first = -1;
      for (const [i, head] of heads.entries()) {
        const least = heads[first];
        if (!head.done && (!least || least.done || compare(head.value, least.value) < 0)) first = i;
      }
      const [head, source] = [heads[first], sources[first]];
      if (!head || head.done || !source) return;
      yield head.value;
      heads[first] = await source.next();
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}
