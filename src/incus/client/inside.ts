import { poll } from '../../lib/wait.js';
import type { GuestResult, Incus } from '../../domain/services.js';
import { withErrorContext, idempotent } from './attempt.js';
import { filesOf } from './files.js';
import { act, query } from './commands.js';
import { unwrap, type RestClient } from './operations.js';
import { instanceUrl, type ManagedInstances } from './own.js';
import { commandsEnded, isRecording } from './quiesce.js';
import type { Shells } from './shells.js';
import type { Dial } from './streams.js';

const CONSOLE_LINES = 20;
const CONSOLE_ATTEMPTS = 10;
const CONSOLE_PAUSE_MS = 200;
const LOOK_MS = 1000;
const LINK_MS = 5000;

/** What goes on inside a guest. */
export function insideOf(
  rest: RestClient,
  own: ManagedInstances,
  dial: Dial,
  shells: AskedThrough['shells'],
): Pick<Incus, 'consoleTail' | 'query' | 'exec' | 'clearOutputs' | keyof ReturnType<typeof filesOf>> {
  const ask = askerOver({ rest, own, dial, shells });
  const files = filesOf(rest, own);
  return {
    ...files,

    // Where a shell is open it is asked: the daemon starts a process of its own to read a guest's files.
    readLink: async (name, path) => {
      if (!shells.has(name)) return files.readLink(name, path);
      const answer = await ask(name, ['readlink', '--', path], Date.now() + LINK_MS).catch(() => null);
      return answer?.exitCode === 0 ? answer.stdout.trim() : files.readLink(name, path);
    },

    consoleTail: (name) =>
      withErrorContext(`reading the console of \`${name}\``, () => consoleLines(name, rest)),

    query: (name, command, timeoutMs, { isAlone = false } = {}) => {
      const deadline = Date.now() + timeoutMs;
      return idempotent(`running ${command[0] ?? ''} in \`${name}\``, () =>
        ask(name, command, deadline, isAlone),
      );
    },

    clearOutputs: (name) =>
      idempotent(`clearing old outputs of \`${name}\``, async () => {
        const found = await rest.get(instanceUrl(name, '/logs/exec-output'));
        const outputs = (found?.metadata ?? []) as readonly string[];
        if (outputs.length === 0) return;
        await own.get(name);
        if (await isRecording(name, rest)) return;
        for (const path of outputs) await rest.remove(path);
      }),

    // What runs twice does no harm: a run that was killed is followed by one that does all of it again.
    exec: (name, command, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      let attempts = 0;
      return idempotent(`running ${command[0] ?? ''} in \`${name}\``, async () => {
        await own.get(name);
        if (attempts++ > 0) await commandsEnded(name, Math.max(0, deadline - Date.now()), rest);
        const read = (question: readonly string[], until: number) => ask(name, question, until);
        return act(name, command, { rest, read, deadline });
      });
    },
  };
}

type Asker = (
  name: string,
  command: readonly string[],
  deadline: number,
  isAlone?: boolean,
) => Promise<GuestResult>;

type AskedThrough = {
  readonly rest: RestClient;
  readonly own: ManagedInstances;
  readonly dial: Dial;
  readonly shells: Pick<Shells, 'ask' | 'drop' | 'has'>;
};

/**
 * A shell in an instance is that instance's own, whatever bears its name by now. All the same the daemon is asked once a
 * second: one that is about to end waits for our shell, and says so.
 */
function askerOver({ rest, own, dial, shells }: AskedThrough): Asker {
  const looked = new Map<string, number>();
  const look = async (name: string) => {
    await own.get(name).catch((error: unknown) => {
      shells.drop(name);
      throw error;
    });
    looked.set(name, Date.now());
  };
  return async (name, command, deadline, isAlone = false) => {
    const isKnown = !isAlone && shells.has(name) && Date.now() - (looked.get(name) ?? 0) < LOOK_MS;
    if (!isKnown) await look(name);
    const answer = isAlone ? null : await shells.ask(name, command, deadline);
    if (answer) return answer;
    if (isKnown) await look(name);
    return query(name, command, { rest, dial, deadline });
  };
}

/**
 * The last lines that were printed on a guest's console. While a dead guest is cleared away there is a moment
 * in which nobody has them: then the daemon says "connection refused".
 */
export async function consoleLines(name: string, rest: RestClient): Promise<readonly string[]> {
  const bound = { attempts: CONSOLE_ATTEMPTS, everyMs: CONSOLE_PAUSE_MS };
  const isAnswer = (reply: Reply) => !isError(reply) || !reply.body.includes('connection refused');
  const reply = await poll(() => rest.raw('GET', instanceUrl(name, '/console')), isAnswer, bound);
  if (isError(reply)) unwrap(reply.body);
  return lastLines(reply.body);
}

type Reply = { readonly status: number; readonly body: string };

/** An error of the console's own buffer comes with a 200. */
function isError({ status, body }: Reply): boolean {
  return status !== 200 || body.startsWith('{"type":"error"');
}

function lastLines(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.slice(-CONSOLE_LINES);
}
