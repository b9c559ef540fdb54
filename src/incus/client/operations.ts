import { retry } from '../../lib/wait.js';
import { ConnectionLost, IncusError, isLeaving, type RequestOptions, type Send } from './http.js';

type Envelope = {
  readonly type: 'sync' | 'async' | 'error';
  readonly operation?: string;
  readonly error?: string;
  readonly error_code?: number;
  readonly metadata: unknown;
};

export type OperationResult = { readonly metadata: Readonly<Record<string, unknown>> | null };

/** `operation`: its path. */
export type Begun = { readonly operation: string; readonly metadata: Readonly<Record<string, unknown>> };

/** A wait that ended before the operation did. */
export class OperationTimeout extends Error {}

/** How long a "busy" instance or a restarting daemon is waited for. */
const PATIENCE_MS = 60_000;
/** One round of waiting. */
const WAIT_SECONDS = 20;
/** Creating and deleting take a second or two, a minute on a busy disk. */
const OPERATION_MS = 300_000;

/** Incus' REST conventions over `send`: envelopes, background operations, busy instances, a daemon that restarts. */
export class RestClient {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** GET: the metadata, with the ETag; null on 404. */
  async get(path: string): Promise<{ metadata: unknown; etag: string | undefined } | null> {
    const reply = await retryFor(() => this.#send('GET', path), isLost);
    if (reply.status === 404) return null;
    return { metadata: unwrap(reply.body).metadata, etag: reply.headers.etag };
  }

  async raw(method: string, path: string, options: RequestOptions = {}) {
    return retryFor(() => this.#send(method, path, options), isLost);
  }

  /**
   * A write, waited for until its operation ends. An instance that is busy with something else is tried again;
   * a lost connection is not: only the caller knows whether the write may be repeated.
   */
  async write(
    method: string,
    path: string,
    options: RequestOptions = {},
    timeoutMs = OPERATION_MS,
  ): Promise<OperationResult> {
    return retryFor(
      async () => this.ended((await this.#send(method, path, options)).body, timeoutMs),
      isBusy,
    );
  }

  /** Begins what is not waited for here: where the operation is, and what it says of itself. */
  async begin(method: string, path: string, options: RequestOptions): Promise<Begun> {
    return retryFor(async () => {
      const { operation, metadata } = unwrap((await this.#send(method, path, options)).body);
      if (operation === undefined) throw new IncusError('the daemon began no operation', 502);
      const { metadata: details } = (metadata ?? {}) as OperationState;
      return { operation: operationAt(operation, metadata), metadata: details ?? {} };
    }, isBusy);
  }

  /** Deletes, and looks: what was gone before is fine, what is only said to be gone is not. */
  async remove(path: string): Promise<void> {
    const said = await this.write('DELETE', path).catch((error: unknown) => {
      if (error instanceof IncusError || error instanceof OperationTimeout) return error;
      throw error;
    });
    if ((await this.get(path)) === null) return;
    if (said instanceof Error) throw said;
    throw new IncusError('the daemon says that it was deleted, but it is still there', 500);
  }

  /** Waits for what a write has begun, if it is more than the answer says. */
  async ended(body: string, timeoutMs: number): Promise<OperationResult> {
    const { type, operation, metadata } = unwrap(body);
    if (type !== 'async' || operation === undefined) return { metadata: null };
    return this.wait(operationAt(operation, metadata), timeoutMs);
  }

  /**
   * Waits in rounds: `/wait` answers 200 whatever happened, and an ended operation is forgotten after 5 s. Up to 6.0.4
   * a failure, and a round that is over, come as an error; from 6.0.5 and 6.12 on as the operation itself.
   */
  async wait(
    operation: string,
    timeoutMs: number,
    /** How long a daemon that is away is waited for. */
    patienceMs = PATIENCE_MS,
  ): Promise<OperationResult> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const left = (deadline - Date.now()) / 1000;
      if (left <= 0) throw new OperationTimeout(`no end after ${Math.round(timeoutMs / 1000)} s`);
      const seconds = Math.max(1, Math.min(WAIT_SECONDS, Math.ceil(left)));
      const ask = () => this.#send('GET', `${operation}/wait?timeout=${seconds}`);
      const reply = await retryFor(ask, isLost, patienceMs);
      const envelope = parse(reply.body);
      const ended =
        envelope.type === 'error'
          ? await this.#endOf(operation, envelope)
          : resultOf(envelope.metadata as OperationState | null);
      if (ended !== null) return ended;
    }
  }

  /** What an error from `/wait` means: the operation failed, or has ended meanwhile, or (null) still runs. */
  async #endOf(operation: string, { error, error_code }: Envelope): Promise<OperationResult | null> {
    const isLate = error?.includes('context deadline exceeded') === true;
    const found = isLate ? await this.get(operation) : null;
    if (found) return resultOf(found.metadata as OperationState | null, error_code);
    // Forgotten 5 s after its end, or with a daemon that was restarted: only the resource itself can tell.
    if (isLate || error_code === 404) throw new ConnectionLost('the daemon has forgotten the operation');
    throw failure(error ?? 'unknown error', error_code ?? 500);
  }
}

/** `metadata`: the operation, as far as the answer has it. */
function operationAt(url: string, metadata: unknown): string {
  const { id } = (metadata ?? {}) as { readonly id?: unknown };
  // The URL may name the project too, or a member of a cluster: any of them waits by the id.
  return typeof id === 'string' ? `/1.0/operations/${encodeURIComponent(id)}` : url.replace(/\?.*$/, '');
}

/** What an operation says of itself: it has succeeded, or failed, or (null) still runs. */
function resultOf(operation: OperationState | null, code = 500): OperationResult | null {
  const { status_code: status, status: word, err = '', metadata = null } = operation ?? {};
  if (err !== '') throw failure(err, code);
  if (status === STATUS.success) return { metadata };
  if (status !== undefined && status < STATUS.success) return null;
  throw failure(`the operation has ended as ${word ?? String(status ?? 'nobody knows what')}`, code);
}

function failure(words: string, code: number): Error {
  return isLeaving(code, words)
    ? new ConnectionLost('the daemon was shut down')
    : new IncusError(words, code);
}

type OperationState = {
  readonly status?: string;
  readonly status_code?: number;
  readonly err?: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
};
/** Incus' status codes (doc/rest-api.md): below it are those of what goes on, above it other ends. */
const STATUS = { success: 200 } as const;

/** The envelope of an answer; the error in it is thrown. */
export function unwrap(body: string): Envelope {
  const envelope = parse(body);
  if (envelope.type === 'error')
    throw new IncusError(envelope.error ?? 'unknown error', envelope.error_code ?? 500);
  return envelope;
}

function parse(body: string): Envelope {
  try {
    return JSON.parse(body) as Envelope;
  } catch {
    throw new IncusError(`the daemon did not answer with JSON: ${body.slice(0, 200)}`, 502);
  }
}

const isBusy = (error: unknown) =>
  error instanceof IncusError && /Instance is busy running a/.test(error.message);
export const isLost = (error: unknown) => error instanceof ConnectionLost;

/** Again after a pause, as long as what goes wrong may pass, for a minute unless said. */
export function retryFor<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
  limitMs = PATIENCE_MS,
): Promise<T> {
  return retry(attempt, isPassing, { deadline: Date.now() + limitMs, pauseMs: 50, longestMs: 1000 });
}
