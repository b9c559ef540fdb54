import { endsWithin, sleep } from '../lib/wait.js';
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** Where those who want the same lock look for one another. */
export type LockPlace = {
  /** A folder that anybody may make files in, and where nobody removes another's. */
  readonly folder: string;
  /** What the names of this lock's sockets begin with. */
  readonly prefix: string;
  /** The group whose members are believed besides root and ourselves: nobody else can make a file that is its. */
  readonly group: number | null;
};

/** Who has the lock, or is about to. */
export type Holder = {
  /** Null: it does not say, as it may yet step back. */
  readonly words: string | null;
  /** Resolves when it has freed the lock, or died. */
  readonly gone: Promise<void>;
  readonly leave: () => void;
};

export type Release = () => Promise<void>;

/** Characters of what a holder says. */
const SAID = 1000;
const ANSWER_MS = 3000;
const SILENT = 'a process that does not say who it is';
const PAUSE_MS = 20;
/** Of those who wait. Whoever finds no room looks again later. */
const MAX_WAITING = 200;

/**
 * Takes the lock, or tells who is in the way. Each one who wants it first shows itself, by a socket of its own, and then
 * looks for others: so of several at most one sees none, and that one has it. The kernel ends a socket with its process;
 * what is left of it then is a file that nobody answers at, which the next one removes.
 */
export async function takeLock(place: LockPlace, words: string): Promise<Release | Holder> {
  const own = await show(place);
  for (;;) {
    const others = await othersOf(place, own.name);
    if (others.length === 0) {
      own.say(words);
      return own.withdraw;
    }
    const speaks = others.find(({ words }) => words !== null && words !== SILENT);
    const holder = speaks ?? others.find(({ words }) => words !== null);
    const isFirst = others.every(({ name }) => own.name < name);
    // Of several who try the others step back, and the first has it.
    if (holder === undefined && isFirst) {
      for (const other of others) other.leave();
      await sleep(PAUSE_MS);
      continue;
    }
    const met = holder ?? others[0];
    for (const other of others) if (other !== met) other.leave();
    await own.withdraw();
    if (met !== undefined) return met;
  }
}

type Shown = {
  readonly name: string;
  readonly say: (words: string) => void;
  readonly withdraw: Release;
};

/** Listens under a new name; who connects is told what was said last, and sees the connection close at the end. */
async function show({ folder, prefix, group }: LockPlace): Promise<Shown> {
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  const path = join(folder, name);
  let said = '';
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => waiting.delete(socket));
    // Its peer must not be able to keep us from ending; what it says is not read.
    socket.unref().resume();
    socket.write(`${said}\n`);
  });
  server.maxConnections = MAX_WAITING;
  server.unref();
  // Not answered yet, it would pass for one whose process has died.
  const draft = join(folder, `.${name}`);
  await listenAt(server, draft);
  await chmod(draft, 0o660);
  if (group !== null) await chown(draft, -1, group).catch(() => undefined);
  renameSync(draft, path);
  return {
    name,
    say: (words) => (said = words),
    withdraw: () => {
      rmSync(path, { force: true });
      return closeServer(server, waiting);
    },
  };
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function closeServer(server: Server, waiting: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    // Only now: who waits tries at once.
    for (const socket of waiting) socket.destroy();
  });
}

type Other = Holder & { readonly name: string };

/** All others who are believed and alive. */
async function othersOf(place: LockPlace, own: string): Promise<readonly Other[]> {
  const names = readdirSync(place.folder).filter((name) => name.startsWith(place.prefix) && name !== own);
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(place.folder, name);
      const info = lstatSync(path, { throwIfNoEntry: false });
      const isOperator = info?.isSocket() === true && isBelieved(info, place.group, process.getuid?.());
      return isOperator ? meet(path, name) : null;
    }),
  );
  return found.filter((other) => other !== null);
}

/** Anybody can make a file of this name, but only its own user's, and of no group but its own. */
export function isBelieved(
  { uid, gid }: { readonly uid: number; readonly gid: number },
  group: number | null,
  own: number | undefined,
): boolean {
  return uid === 0 || uid === own || gid === group;
}

/** Null when nobody is there any more. */
async function meet(path: string, name: string): Promise<Other | null> {
  const socket = createConnection(path);
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  const code = await awaitConnection(socket);
  if (code === 'ECONNREFUSED') removeDead(path);
  if (code !== null && NOBODY.has(code)) return null;
  const line = code === null ? await firstLine(socket, gone) : null;
  const isSilent = code !== null || (line === null && !socket.destroyed);
  const words = isSilent ? SILENT : line === '' ? null : line;
  return { name, words, gone, leave: () => socket.destroy() };
}

/** It died, it left, even as it was asked, or it is of a daemon that we may not ask either. */
const NOBODY: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'EACCES', 'EPERM'],
]);

function removeDead(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Another's is for its owner and root to remove.
  }
}

/** Null, or the code of what kept it from that. */
function awaitConnection(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
      resolve(code);
    });
    socket.once('connect', () => {
      resolve(null);
    });
  });
}

/** Null when nothing is said in time. */
async function firstLine(socket: Socket, gone: Promise<void>): Promise<string | null> {
  let text = '';
  const said = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      if (text.length < SAID) text += chunk.toString().slice(0, SAID);
      if (text.includes('\n') || text.length >= SAID) resolve();
    });
  });
  await endsWithin(Promise.race([said, gone]), ANSWER_MS);
  return text === '' ? null : (text.split('\n')[0] ?? '');
}
