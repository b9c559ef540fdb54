import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** Characters of what a holder says: anybody can listen under any name. */
const SAID = 1000;
const ANSWER_MS = 1000;

/**
 * Takes the abstract socket (unix(7)) `name`, which the kernel frees when its process dies and which leaves no file
 * behind; null when somebody has it. Whoever connects is told `holder`, and sees the connection close when it is free.
 */
export async function takeSocket(name: string, holder: string): Promise<(() => Promise<void>) | null> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => waiting.delete(socket));
    // Its peer must not be able to keep us from ending; what it says is not read.
    socket.unref().resume();
    socket.write(`${holder}\n`);
  });
  server.unref();
  if (!(await listens(server, name))) return null;
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      // Only now: who waits tries at once.
      for (const socket of waiting) socket.destroy();
    });
}

function listens(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => {
      resolve(true);
    });
  });
}

/** `words`: null when it has gone before it said any. `gone` resolves when the holder has freed it, or died. */
export type Holder = {
  readonly words: string | null;
  readonly gone: Promise<void>;
  readonly leave: () => void;
};

/** Asks who has the socket `name`. */
export async function holderOf(name: string): Promise<Holder> {
  const socket = createConnection(name);
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  socket.on('error', () => undefined);
  const line = await firstLine(socket, gone);
  const words = line === '' ? (socket.destroyed ? null : 'a process that does not say who it is') : line;
  return { words, gone, leave: () => socket.destroy() };
}

/** Empty when nothing is said in time. */
async function firstLine(socket: Socket, gone: Promise<void>): Promise<string> {
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  const said = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ANSWER_MS);
    socket.on('data', (chunk: Buffer) => {
      if (text.length < SAID) text += chunk.toString().slice(0, SAID);
      if (text.includes('\n') || text.length >= SAID) resolve();
    });
  });
  await Promise.race([said, gone]);
  clearTimeout(timer);
  return text.split('\n')[0] ?? '';
}
