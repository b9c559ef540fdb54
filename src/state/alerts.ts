import { dirname } from 'node:path';
import * as v from 'valibot';
import { ALERT_KINDS, NO_ALERTS, NOTICE_KINDS, TARGETS, type Alerts } from '../domain/alert.js';
import { isAppName, type AppName } from '../domain/names.js';
import { ProblemError } from '../domain/problem.js';
import { isTime } from '../domain/record-values.js';
import { makeFolderSync, MODES, replaceFileSync } from '../lib/files.js';
import { readRegular } from '../lib/regular-file.js';

/** What is not delivered is let go of, the oldest first, when there is more of it. */
const MOST_KEPT = 200;
const MOST_BYTES = 4 * 2 ** 20;

const app = v.custom<AppName>((value) => typeof value === 'string' && isAppName(value));
const time = v.custom<string>(isTime);
const kept = v.object({
  version: v.literal(1),
  open: v.array(
    v.object({ kind: v.picklist(ALERT_KINDS), app: v.nullable(app), since: time, message: v.string() }),
  ),
  outbox: v.array(
    v.object({
      kind: v.picklist(NOTICE_KINDS),
      app: v.nullable(app),
      at: time,
      message: v.string(),
      to: v.array(v.picklist(TARGETS)),
    }),
  ),
});

/** The alerts of a project that are open, and the notices that wait to be delivered. Who writes holds the project. */
export class KeptAlerts {
  readonly #path: string;

  /** `path`: absolute; its folder may not be there yet. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects with a ProblemError where something else stands there than what `write` has written. */
  read(): Alerts {
    const text = this.#text();
    if (text === null) return NO_ALERTS;
    const found = v.safeParse(kept, parsed(text));
    if (!found.success) throw this.#unreadable('it is not what pets writes');
    const { open, outbox } = found.output;
    return { open, outbox };
  }

  /** Throws a ProblemError where it cannot be kept. */
  write({ open, outbox }: Alerts): void {
    const content = { version: 1, open, outbox: outbox.slice(-MOST_KEPT) };
    try {
      makeFolderSync(dirname(this.#path), MODES.private.folder);
      replaceFileSync(this.#path, `${JSON.stringify(content, null, 1)}\n`, MODES.private.file);
    } catch (error) {
      throw this.#problem('alerts-unwritable', 'cannot be kept', wordsOf(error));
    }
  }

  #text(): string | null {
    try {
      return readRegular(this.#path, MOST_BYTES).toString();
    } catch (error) {
      // No folder of state either, or no place for one.
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw this.#unreadable(wordsOf(error));
    }
  }

  #unreadable(why: string): ProblemError {
    return this.#problem('alerts-unreadable', 'cannot be read', why);
  }

  #problem(code: 'alerts-unreadable' | 'alerts-unwritable', what: string, why: string): ProblemError {
    const message = `what is kept of alerts ${what}: ${this.#path}: ${why}`;
    return new ProblemError({ code, data: { path: this.#path }, message });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
