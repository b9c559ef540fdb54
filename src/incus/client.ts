import type { GuestResult, Incus, InstanceJson, InstanceSpec } from '../ports.js';
import { ProblemError, TimeoutProblem } from '../problem.js';
import { ConnectionLost, IncusError, sender } from './http.js';
import { OperationTimeout, Rest, type OperationResult } from './operations.js';

type InstanceConfig = {
  readonly status: string;
  readonly description: string;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly [key: string]: unknown;
};

const START_LIMIT_MS = 120_000;
const CONSOLE_LINES = 20;
const ATTEMPTS = 6;

/** The Incus port over the daemon's socket. */
export function incusOver(socket: string): Incus {
  const rest = new Rest(sender(socket));
  const at = (name: string, rest = '') => `/1.0/instances/${encodeURIComponent(name)}${rest}`;

  const read = async (name: string) => {
    const found = await rest.get(at(name));
    return found && { config: found.metadata as InstanceConfig, etag: found.etag };
  };
  const mustRead = async (name: string) => {
    const found = await read(name);
    if (!found) throw new IncusError(`there is no instance \`${name}\``, 404);
    return found;
  };
  const status = async (name: string) => (await mustRead(name)).config.status;
  const setState = (name: string, body: object, limit: number) =>
    rest.write('PUT', at(name, '/state'), { body }, limit);

  return {
    instances: () =>
      said('listing instances', async () => {
        const found = await rest.get('/1.0/instances?recursion=1&all-projects=true');
        return (found?.metadata ?? []) as readonly InstanceJson[];
      }),

    create: (spec) =>
      said(`creating \`${spec.name}\``, () =>
        again(async () => {
          if (await read(spec.name)) return;
          await rest.write('POST', '/1.0/instances', { body: createBody(spec) });
        }),
      ),

    start: (name) =>
      said(`starting \`${name}\``, () =>
        again(async () => {
          if ((await status(name)) !== 'Running')
            await setState(name, { action: 'start', timeout: 30 }, START_LIMIT_MS);
          // The daemon can report success for a guest whose init has already ended.
          if ((await status(name)) !== 'Running')
            throw new IncusError('it started and was dead at once', 500);
        }),
      ),

    unfreeze: (name) =>
      said(`unfreezing \`${name}\``, () =>
        again(async () => {
          if ((await status(name)) === 'Frozen')
            await setState(name, { action: 'unfreeze', timeout: 30 }, START_LIMIT_MS);
        }),
      ),

    stop: (name, graceMs) =>
      said(`stopping \`${name}\``, () =>
        again(async () => {
          if (((await read(name))?.config.status ?? 'Stopped') === 'Stopped') return;
          try {
            await setState(name, { action: 'stop', timeout: Math.ceil(graceMs / 1000) }, graceMs + 30_000);
          } catch (error) {
            if ((await read(name))?.config.status === 'Stopped') return;
            if (!(error instanceof IncusError || error instanceof OperationTimeout)) throw error;
            await setState(name, { action: 'stop', force: true, timeout: 30 }, 60_000);
          }
        }),
      ),

    remove: (name) =>
      said(`deleting \`${name}\``, () =>
        again(async () => {
          if (!(await read(name))) return;
          await quiesce(rest, name);
          await rest.write('DELETE', at(name));
        }),
      ),

    setConfig: (name, config) =>
      said(`recording on \`${name}\``, () =>
        again(async () => {
          const { config: now, etag } = await mustRead(name);
          await rest.write('PATCH', at(name), {
            body: { config, description: now.description },
            ...tagged(etag),
          });
        }),
      ),

    setDevice: (name, device, value) =>
      said(`setting the device \`${device}\` of \`${name}\``, () =>
        again(async () => {
          const { config: now, etag } = await mustRead(name);
          const body = { devices: { [device]: value }, description: now.description };
          await rest.write('PATCH', at(name), { body, ...tagged(etag) });
        }),
      ),

    removeDevice: (name, device) =>
      said(`removing the device \`${device}\` of \`${name}\``, () =>
        again(async () => {
          const { config: now, etag } = await mustRead(name);
          if (!Object.hasOwn(now.devices, device)) return;
          const devices = Object.fromEntries(Object.entries(now.devices).filter(([key]) => key !== device));
          await rest.write('PUT', at(name), { body: { ...now, devices }, ...tagged(etag) });
        }),
      ),

    status: (name) => said(`looking at \`${name}\``, () => status(name)),

    consoleTail: async (name) => {
      const reply = await rest.raw('GET', at(name, '/console'));
      const isText = reply.status === 200 && !reply.body.startsWith('{"type":"error"');
      return isText
        ? reply.body
            .split(/\r?\n/)
            .filter((l) => l.trim() !== '')
            .slice(-CONSOLE_LINES)
        : [];
    },

    readLink: async (name, path) => {
      const reply = await rest.raw('GET', at(name, `/files?path=${encodeURIComponent(path)}`));
      return reply.status === 200 && reply.headers['x-incus-type'] === 'symlink' ? reply.body.trim() : null;
    },

    exec: (name, command, timeoutMs) =>
      said(`running ${command[0] ?? ''} in \`${name}\``, () => run(rest, name, command, timeoutMs)),
  };
}

const tagged = (etag: string | undefined) => (etag === undefined ? {} : { etag });

function createBody({ name, description, config, devices }: InstanceSpec): object {
  return { name, description, config, devices, source: { type: 'none' }, type: 'container' };
}

/** DELETE is not locked against a create that still runs: let what runs on the instance end first. */
async function quiesce(rest: Rest, name: string): Promise<void> {
  const found = await rest.get('/1.0/operations?recursion=1');
  const running = (
    (found?.metadata ?? {}) as { running?: { id: string; resources?: { instances?: string[] } }[] }
  ).running;
  const own = (running ?? []).filter((op) =>
    op.resources?.instances?.some((i) => i.endsWith(`/instances/${name}`)),
  );
  for (const op of own) {
    // Whether it succeeded is not ours to judge: only that it has ended.
    await rest.wait(`/1.0/operations/${op.id}`, 60_000).catch((error: unknown) => {
      if (!(error instanceof IncusError)) throw error;
    });
  }
}

async function run(
  rest: Rest,
  name: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<GuestResult> {
  const body = {
    command,
    'record-output': true,
    'wait-for-websocket': false,
    interactive: false,
    environment: {},
  };
  const { metadata } = await started(
    rest.write('POST', `/1.0/instances/${encodeURIComponent(name)}/exec`, { body }, timeoutMs),
  );
  const output = (metadata?.['output'] ?? {}) as Record<string, string>;
  const take = async (path: string | undefined) => {
    if (path === undefined) return '';
    const reply = await rest.raw('GET', path);
    await rest.raw('DELETE', path);
    return reply.status === 200 ? reply.body : '';
  };
  const [stdout, stderr] = [await take(output['1']), await take(output['2'])];
  return { exitCode: Number(metadata?.['return'] ?? -1), stdout, stderr };
}

/** The daemon reports a missing program as a failed operation; to a caller it is what a shell would say. */
async function started(operation: Promise<OperationResult>): Promise<OperationResult> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof IncusError && error.message === 'Command not found')
      return { metadata: { return: 127 } };
    throw error;
  }
}

/** Repeats a read-then-write when somebody else wrote in between, or when the connection broke. */
async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      const passing = error instanceof ConnectionLost || (error instanceof IncusError && error.code === 412);
      if (!passing || n >= ATTEMPTS) throw error;
    }
  }
}

/** Puts what was tried in front of the daemon's words. */
async function said<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof OperationTimeout) throw new TimeoutProblem(`${what}: ${error.message}`);
    if (error instanceof IncusError || error instanceof ConnectionLost)
      throw new ProblemError({ message: `${what}: ${error.message}` });
    throw error;
  }
}
