import type { GuestResult } from '../../domain/services.js';
import type { Connection } from './connections.js';
import { OperationTimeout } from './operations.js';
import { beginCommand, type Tools } from './session.js';
import { Answer } from './shell-answer.js';

/** The daemon, once told to end, waits for what runs in guests: a shell that nobody asks is not held for longer. */
const IDLE_MS = 2000;
/** A command ends by itself so long after nobody waits for it any more. */
const MARGIN_S = 2;
/** Where nothing ends a command that takes too long, a shell is no good. */
const FIRST = 'command -v timeout >/dev/null 2>&1 || exit 0\n';

/**
 * A shell in each guest that is asked something, kept while more is asked: a question is a line to it, where a command
 * of its own is seven requests to the daemon and two processes of its. It ends with us, as such a command does.
 */
export class Shells {
  readonly #tools: Tools;
  readonly #shells = new Map<string, Shell>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Null: no shell can be had, or it broke; the same may be asked in another way. At the deadline an OperationTimeout. */
  async ask(name: string, command: readonly string[], deadline: number): Promise<GuestResult | null> {
    const shell = this.#shells.get(name) ?? this.#open(name);
    if (shell.isBusy) return null;
    return shell.ask(command, deadline);
  }

  /** Whether one is open that can be asked. */
  has(name: string): boolean {
    return this.#shells.get(name)?.isBusy === false;
  }

  /** A daemon that goes away is not kept by it. */
  drop(name: string): void {
    this.#shells.get(name)?.close();
  }

  #open(name: string): Shell {
    const shell = new Shell(
      (takers) => dialShell(name, takers, this.#tools),
      () => {
        if (this.#shells.get(name) === shell) this.#shells.delete(name);
      },
    );
    this.#shells.set(name, shell);
    return shell;
  }
}

type Take = (piece: Uint8Array) => void;
type Dialled = {
  readonly stdin: Connection;
  readonly all: readonly Connection[];
};

async function dialShell(
  app: string,
  [stdout, stderr]: readonly [Take, Take],
  tools: Tools,
): Promise<Dialled> {
  const taker = (take: Take) => (piece: Uint8Array) => {
    take(piece);
    return null;
  };
  const shell = { app, command: ['/bin/sh'], term: undefined, size: null };
  const request = { ...shell, stdout: taker(stdout), stderr: taker(stderr) };
  const { streams } = await beginCommand(request, tools);
  return { all: streams, stdin: streams[1] };
}

/** What is being asked: `take` is given what comes from one of its streams. */
type Question = { readonly take: (stream: 0 | 1, piece: Uint8Array) => void; readonly fail: () => void };

class Shell {
  isBusy = false;
  readonly #dialled: Promise<Dialled>;
  readonly #onClose: () => void;
  #question: Question | null = null;
  #isClosed = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    dial: (takers: readonly [stdout: Take, stderr: Take]) => Promise<Dialled>,
    onClose: () => void,
  ) {
    this.#onClose = onClose;
    const takers = [0, 1].map((stream) => (piece: Uint8Array) => {
      this.#question?.take(stream as 0 | 1, piece);
    });
    this.#dialled = dial(takers as [Take, Take]);
    this.#dialled.then(
      ({ all, stdin }) => {
        const close = () => {
          this.close();
        };
        // The end of any stream is that of the shell: there is nobody to ask any more.
        for (const { ended } of all) ended.then(close, close);
        stdin.send(Buffer.from(FIRST)).catch(close);
        if (this.#isClosed) for (const stream of all) stream.close();
      },
      () => {
        this.close();
      },
    );
  }

  /** Null: it broke, or never was. */
  async ask(command: readonly string[], deadline: number): Promise<GuestResult | null> {
    this.isBusy = true;
    clearTimeout(this.#idle);
    const limitMs = deadline - Date.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const answer = new Answer(resolve, reject);
        const fail = () => {
          resolve(null);
        };
        this.#question = {
          take: (stream, piece) => {
            answer.take(stream, piece);
          },
          fail,
        };
        if (this.#isClosed) fail();
        timer = setTimeout(() => {
          reject(new OperationTimeout(`no end after ${Math.round(limitMs / 1000)} s`));
        }, limitMs);
        const seconds = Math.ceil(Math.max(0, limitMs) / 1000) + MARGIN_S;
        this.#dialled.then(({ all, stdin }) => {
          for (const { hold } of all) hold(true);
          stdin.send(Buffer.from(answer.script(command, seconds))).catch(fail);
        }, fail);
      });
    } catch (error) {
      // Whatever it prints from here on is no answer to anything.
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#question = null;
      this.isBusy = false;
      await this.#wait();
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#onClose();
    this.#question?.fail();
    this.#dialled.then(
      ({ all }) => {
        for (const stream of all) stream.close();
      },
      () => undefined,
    );
  }

  /** One that waits keeps neither this process nor, for long, the daemon. */
  async #wait(): Promise<void> {
    if (this.#isClosed) return;
    const { all } = await this.#dialled;
    for (const { hold } of all) hold(false);
    this.#idle = setTimeout(() => {
      this.close();
    }, IDLE_MS).unref();
  }
}
