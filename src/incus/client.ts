import type { GuestResult, Incus, InstanceJson, InstanceSpec } from '../ports.js';
import { ProblemError, TimeoutProblem } from '../problem.js';
import { ConnectionLost, IncusError, sender } from './http.js';
import { OperationTimeout, Rest, type OperationResult } from './operations.js';

type Devices = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An instance as GET shows it and PUT takes it, `volatile.*` and all. */
type Instance = {
  readonly status: string;
  readonly description: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Devices;
  readonly [key: string]: unknown;
};

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;
const CONSOLE_LINES = 20;
const ATTEMPTS = 6;
const START_ATTEMPTS = 3;
const START_PAUSE_MS = 1000;

/** The Incus port over the daemon's socket. It writes only to instances that bear `project`'s marks. */
export function incusOver(socket: string, project: string): Incus {
  return new Client(new Rest(sender(socket)), project);
}

/** Every write reads first and does only what is left to do: so it can be repeated after a broken connection. */
class Client implements Incus {
  readonly #rest: Rest;
  readonly #project: string;

  constructor(rest: Rest, project: string) {
    this.#rest = rest;
    this.#project = project;
  }

  instances(): Promise<readonly InstanceJson[]> {
    return said('listing instances', async () => {
      const found = await this.#rest.get('/1.0/instances?recursion=1&all-projects=true');
      return (found?.metadata ?? []) as readonly InstanceJson[];
    });
  }

  create({ name, description, config, devices }: InstanceSpec): Promise<void> {
    return this.#write(`creating \`${name}\``, async () => {
      if (await this.#find(name)) return;
      const body = { name, description, config, devices, source: { type: 'none' }, type: 'container' };
      await this.#rest.write('POST', '/1.0/instances', { body });
    });
  }

  start(name: string): Promise<void> {
    return this.#write(`starting \`${name}\``, async () => {
      await this.#startPatiently(name);
      // The daemon can report success for a guest whose init has already ended.
      if ((await this.#get(name)).instance.status !== 'Running') {
        throw new IncusError('it started and was dead at once', 500);
      }
    });
  }

  /**
   * A guest that has just died reads as stopped while the daemon still clears its devices away, and a start in
   * that moment fails for want of them ("Failed to create detached mount" in lxc.log): a moment later it works.
   */
  async #startPatiently(name: string): Promise<void> {
    for (let n = 1; (await this.#get(name)).instance.status !== 'Running'; n++) {
      try {
        await this.#setState(name, { action: 'start', timeout: 30 }, START_LIMIT_MS);
        return;
      } catch (error) {
        if (!(error instanceof IncusError) || n >= START_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, START_PAUSE_MS));
      }
    }
  }

  unfreeze(name: string): Promise<void> {
    return this.#write(`unfreezing \`${name}\``, async () => {
      if ((await this.#get(name)).instance.status !== 'Frozen') return;
      await this.#setState(name, { action: 'unfreeze', timeout: 30 }, START_LIMIT_MS);
    });
  }

  stop(name: string, graceMs: number): Promise<void> {
    return this.#write(`stopping \`${name}\``, async () => {
      if (await this.#isStopped(name)) return;
      try {
        const grace = { action: 'stop', timeout: Math.ceil(graceMs / 1000) };
        await this.#setState(name, grace, graceMs + STOP_LIMIT_MS);
      } catch (error) {
        if (await this.#isStopped(name)) return;
        if (!(error instanceof IncusError || error instanceof OperationTimeout)) throw error;
        await this.#setState(name, { action: 'stop', force: true, timeout: 30 }, STOP_LIMIT_MS);
      }
    });
  }

  remove(name: string): Promise<void> {
    return this.#write(`deleting \`${name}\``, async () => {
      if (!(await this.#find(name))) return;
      await this.#quiesce(name);
      await this.#rest.write('DELETE', at(name));
    });
  }

  setConfig(name: string, config: Readonly<Record<string, string>>): Promise<void> {
    return this.#patch(name, `recording on \`${name}\``, { config });
  }

  setDevice(name: string, device: string, value: Readonly<Record<string, string>>): Promise<void> {
    return this.#patch(name, `setting the device \`${device}\` of \`${name}\``, {
      devices: { [device]: value },
    });
  }

  removeDevice(name: string, device: string): Promise<void> {
    return this.#write(`removing the device \`${device}\` of \`${name}\``, async () => {
      const { instance, etag } = await this.#get(name);
      if (!Object.hasOwn(instance.devices, device)) return;
      const devices = Object.fromEntries(Object.entries(instance.devices).filter(([key]) => key !== device));
      await this.#rest.write('PUT', at(name), { body: { ...instance, devices }, etag });
    });
  }

  status(name: string): Promise<string> {
    return said(`looking at \`${name}\``, async () => (await this.#get(name)).instance.status);
  }

  async consoleTail(name: string): Promise<readonly string[]> {
    const { status, body } = await this.#rest.raw('GET', at(name, '/console'));
    const isText = status === 200 && !body.startsWith('{"type":"error"');
    const lines = isText ? body.split(/\r?\n/).filter((line) => line.trim() !== '') : [];
    return lines.slice(-CONSOLE_LINES);
  }

  async readLink(name: string, path: string): Promise<string | null> {
    const reply = await this.#rest.raw('GET', at(name, `/files?path=${encodeURIComponent(path)}`));
    const isLink = reply.status === 200 && reply.headers['x-incus-type'] === 'symlink';
    return isLink ? reply.body.trim() : null;
  }

  exec(name: string, command: readonly string[], timeoutMs: number): Promise<GuestResult> {
    return said(`running ${command[0] ?? ''} in \`${name}\``, async () => {
      await this.#get(name);
      const body = { command, 'record-output': true, 'wait-for-websocket': false, interactive: false };
      const { metadata } = await started(this.#rest.write('POST', at(name, '/exec'), { body }, timeoutMs));
      const output = (metadata?.['output'] ?? {}) as Readonly<Record<string, string>>;
      const [stdout, stderr] = [await this.#take(output['1']), await this.#take(output['2'])];
      return { exitCode: Number(metadata?.['return'] ?? -1), stdout, stderr };
    });
  }

  /** The daemon keeps recorded output until somebody deletes it. */
  async #take(path: string | undefined): Promise<string> {
    if (path === undefined) return '';
    const reply = await this.#rest.raw('GET', path);
    await this.#rest.raw('DELETE', path);
    return reply.status === 200 ? reply.body : '';
  }

  async #find(name: string): Promise<{ instance: Instance; etag: string } | null> {
    const found = await this.#rest.get(at(name));
    if (!found) return null;
    const instance = found.metadata as Instance;
    // Planned from a list that may be minutes old: somebody may have put another instance in its place.
    const { 'user.pets.project': project, 'user.pets.app': app } = instance.config;
    if (project !== this.#project || app !== name) {
      throw new IncusError(
        'the instance of that name does not bear the marks of this project; it was not touched',
        409,
      );
    }
    return { instance, etag: found.etag ?? '' };
  }

  async #get(name: string): Promise<{ instance: Instance; etag: string }> {
    const found = await this.#find(name);
    if (!found) throw new IncusError(`there is no instance \`${name}\``, 404);
    return found;
  }

  async #isStopped(name: string): Promise<boolean> {
    const found = await this.#find(name);
    return found === null || found.instance.status === 'Stopped';
  }

  #setState(name: string, body: object, limitMs: number): Promise<OperationResult> {
    return this.#rest.write('PUT', at(name, '/state'), { body }, limitMs);
  }

  /** Without its description a PATCH erases it. */
  #patch(name: string, what: string, change: object): Promise<void> {
    return this.#write(what, async () => {
      const { instance, etag } = await this.#get(name);
      const body = { ...change, description: instance.description };
      await this.#rest.write('PATCH', at(name), { body, etag });
    });
  }

  /** DELETE is not locked against a create that still runs: let what runs on the instance end first. */
  async #quiesce(name: string): Promise<void> {
    const found = await this.#rest.get('/1.0/operations?recursion=1');
    const { running = [] } = (found?.metadata ?? {}) as { running?: RunningOperation[] };
    const own = running.filter((op) =>
      op.resources?.instances?.some((i) => i.endsWith(`/instances/${name}`)),
    );
    for (const { id } of own) {
      // Whether it succeeded is not ours to judge: only that it has ended.
      await this.#rest.wait(`/1.0/operations/${id}`, STOP_LIMIT_MS).catch((error: unknown) => {
        if (!(error instanceof IncusError)) throw error;
      });
    }
  }

  /** Again when somebody else wrote between the read and the write, or when the connection broke. */
  #write(what: string, attempt: () => Promise<void>): Promise<void> {
    return said(what, async () => {
      for (let n = 1; ; n++) {
        try {
          await attempt();
          return;
        } catch (error) {
          const isPassing =
            error instanceof ConnectionLost || (error instanceof IncusError && error.code === 412);
          if (!isPassing || n >= ATTEMPTS) throw error;
        }
      }
    });
  }
}

type RunningOperation = {
  readonly id: string;
  readonly resources?: { readonly instances?: readonly string[] };
};

function at(name: string, rest = ''): string {
  return `/1.0/instances/${encodeURIComponent(name)}${rest}`;
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

/** Puts what was tried in front of the daemon's words. */
async function said<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof OperationTimeout) throw new TimeoutProblem(`${what}: ${error.message}`);
    if (error instanceof IncusError || error instanceof ConnectionLost) {
      throw new ProblemError({ message: `${what}: ${error.message}` });
    }
    throw error;
  }
}
