import { poll } from '../../lib/wait.js';
import type { Incus } from '../../domain/services.js';
import { withErrorContext, idempotent } from './attempt.js';
import { filesOf } from './files.js';
import { act, query } from './commands.js';
import { unwrap, type RestClient } from './operations.js';
import { instanceUrl, type ManagedInstances } from './own.js';
import { commandsEnded, isRecording } from './quiesce.js';
import type { Dial } from './streams.js';

const CONSOLE_LINES = 20;
const CONSOLE_ATTEMPTS = 10;
const CONSOLE_PAUSE_MS = 200;

/** What goes on inside a guest. */
export function insideOf(
  rest: RestClient,
  own: ManagedInstances,
  dial: Dial,
): Pick<Incus, 'consoleTail' | 'query' | 'exec' | 'clearOutputs' | keyof ReturnType<typeof filesOf>> {
  return {
    ...filesOf(rest, own),

    consoleTail: (name) =>
      withErrorContext(`reading the console of \`${name}\``, () => consoleLines(name, rest)),

    query: (name, command, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      return idempotent(`running ${command[0] ?? ''} in \`${name}\``, async () => {
        await own.get(name);
        return query(name, command, { rest, dial, deadline });
      });
    },

    clearOutputs: (name) =>
      idempotent(`clearing old outputs of \`${name}\``, async () => {
        await own.get(name);
        if (await isRecording(name, rest)) return;
        const found = await rest.get(instanceUrl(name, '/logs/exec-output'));
        for (const path of (found?.metadata ?? []) as readonly string[]) await rest.remove(path);
      }),

    // What runs twice does no harm: a run that was killed is followed by one that does all of it again.
    exec: (name, command, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      let attempts = 0;
      return idempotent(`running ${command[0] ?? ''} in \`${name}\``, async () => {
        await own.get(name);
        if (attempts++ > 0) await commandsEnded(name, Math.max(0, deadline - Date.now()), rest);
        return act(name, command, { rest, dial, deadline });
      });
    },
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
