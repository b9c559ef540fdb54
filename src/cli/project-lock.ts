import { createHash } from 'node:crypto';
import { createConnection, createServer, type Server } from 'node:net';
import { userInfo } from 'node:os';
import { socketPath } from '../incus/http.js';
import { EXIT, ProblemError } from '../problem.js';
import type { Context } from './context.js';

/**
 * One writer per project and daemon: an abstract socket (unix(7)), which the kernel releases when its process
 * dies and which leaves no file behind. Whoever connects is told who holds it. Readers never take it.
 */
export async function holdProject(
  project: string,
  verb: string,
  env: Context['env'],
): Promise<() => Promise<void>> {
  // Longer than 107 bytes, such names are cut off without a word.
  const scope = createHash('sha256')
    .update(`${socketPath(env)} ${project}`)
    .digest('hex');
  const name = `\0pets-${scope}`;
  const holder = `${userName()}, process ${process.pid}, \`pets ${verb}\`, since ${new Date().toISOString()}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    // Its peer must not be able to keep us from ending.
    socket.end(holder, () => socket.destroy());
  });
  server.unref();
  if (await listens(server, name))
    return () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
  throw new ProblemError(
    {
      message: `another run holds the project \`${project}\`: ${await askHolder(name)}`,
      hint: 'wait until it has ended, then run the same command again',
    },
    EXIT.locked,
  );
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the password database.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
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

function askHolder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(name);
    const end = () => {
      resolve(text === '' ? 'its holder does not say who it is' : text);
    };
    socket.setTimeout(1000, () => {
      socket.destroy();
      end();
    });
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.once('end', end);
    socket.once('error', end);
  });
}
