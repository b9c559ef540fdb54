import { GUEST_PATH } from '../guest-path.js';
import type { Incus } from '../ports.js';
import { said, write } from './attempt.js';
import { filesOf } from './files.js';
import { ConnectionLost, IncusError } from './http.js';
import { open, type OperationResult, type Rest } from './operations.js';
import { at, type OwnInstances } from './own.js';
import { commandsEnded } from './quiesce.js';

const CONSOLE_LINES = 20;
const CONSOLE_ATTEMPTS = 10;
const CONSOLE_PAUSE_MS = 200;

/** What goes on inside a guest. */
export function insideOf(
  rest: Rest,
  own: OwnInstances,
): Pick<Incus, 'consoleTail' | 'exec' | keyof ReturnType<typeof filesOf>> {
  return {
    ...filesOf(rest, own),

    consoleTail: (name) => said(`reading the console of \`${name}\``, () => consoleLines(name, rest)),

    // What runs twice does no harm: a run that was killed is followed by one that does all of it again.
    exec: (name, command, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      let attempts = 0;
      return write(`running ${command[0] ?? ''} in \`${name}\``, async () => {
        await own.get(name);
        if (attempts++ > 0) await commandsEnded(name, Math.max(0, deadline - Date.now()), rest);
        const body = {
          command,
          environment: { PATH: GUEST_PATH },
          'record-output': true,
          'wait-for-websocket': false,
          interactive: false,
        };
        const { metadata } = await ran(
          rest.write('POST', at(name, '/exec'), { body }, deadline - Date.now()),
        );
        const output = (metadata?.['output'] ?? {}) as Readonly<Record<string, string>>;
        const [stdout, stderr] = [await take(output['1'], rest), await take(output['2'], rest)];
        return { exitCode: exitCodeIn(metadata), stdout, stderr };
      });
    },
  };
}

/**
 * The last lines that were printed on a guest's console. While a dead guest is cleared away there is a moment
 * in which nobody has them: then the daemon says "connection refused".
 */
export async function consoleLines(name: string, rest: Rest): Promise<readonly string[]> {
  for (let n = 1; ; n++) {
    const { status, body } = await rest.raw('GET', at(name, '/console'));
    // An error of the console's own buffer comes with a 200.
    const isError = status !== 200 || body.startsWith('{"type":"error"');
    if (!isError) return lastLines(body);
    if (!body.includes('connection refused') || n >= CONSOLE_ATTEMPTS) open(body);
    await new Promise((resolve) => setTimeout(resolve, CONSOLE_PAUSE_MS));
  }
}

function lastLines(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.slice(-CONSOLE_LINES);
}

/** The daemon reports a missing program as a failed operation; to a caller it is what a shell would say. */
async function ran(operation: Promise<OperationResult>): Promise<OperationResult> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof IncusError && error.message === 'Command not found')
      return { metadata: { return: 127 } };
    throw error;
  }
}

/** Of a command whose end nobody knows it is run again, as after a lost connection. */
function exitCodeIn(metadata: OperationResult['metadata']): number {
  const code = metadata?.['return'];
  if (typeof code === 'number') return code;
  throw new ConnectionLost('the daemon does not say how the command ended');
}

/** The daemon keeps recorded output until somebody deletes it. What cannot be read is not taken for nothing. */
async function take(path: string | undefined, rest: Rest): Promise<string> {
  if (path === undefined) return '';
  const reply = await rest.raw('GET', path);
  if (reply.status !== 200) open(reply.body);
  await rest.raw('DELETE', path);
  return reply.body;
}
