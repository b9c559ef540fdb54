import { LABEL } from '../../domain/labels.js';
import { DEFAULT_GRACE_MS } from '../../domain/stop-timeout.js';
import { graceIn } from '../../facets/meta.js';
import { ConnectionLost, IncusError } from './http.js';
import { OperationTimeout, type RestClient } from './operations.js';
import { instancesFrom, isPet } from './own.js';
import { parseApplied } from '../../domain/records.js';

/** An image is unpacked in a second or two, in minutes on a busy disk. */
const ONE_LIMIT_MS = 300_000;
const ALL_LIMIT_MS = 60_000;

type Operation = {
  readonly id: string;
  readonly class: string;
  readonly description: string;
  readonly resources?: { readonly instances?: readonly string[] };
};

/** Lets what runs on the instance end, a stop that may take `graceMs` too. What does not is an OperationTimeout. */
export async function waitForOperations(
  name: string,
  rest: RestClient,
  graceMs = DEFAULT_GRACE_MS,
): Promise<void> {
  await awaitOperations(operationsOn([name], await changes(rest)), patient(ONE_LIMIT_MS, graceMs), rest);
}

/** Lets the commands end that were begun in the instance, people's own aside. */
export async function commandsEnded(name: string, limitMs: number, rest: RestClient): Promise<void> {
  const commands = (await tasks(rest)).filter(isCommand);
  await awaitOperations(operationsOn([name], commands), limitMs, rest);
}

/** Whether a command runs in the instance whose output the daemon records. */
export async function isRecording(name: string, rest: RestClient): Promise<boolean> {
  return operationsOn([name], (await tasks(rest)).filter(isCommand)).length > 0;
}

/** A limit that suits stops of the default, for stops that may take longer. */
function patient(limitMs: number, graceMs: number): number {
  return limitMs + Math.max(0, graceMs - DEFAULT_GRACE_MS);
}

/**
 * Lets what runs on a project's instances end, or goes on: Incus itself refuses what clashes. It waits for a minute,
 * and for longer where a stop that a killed run has left may take longer.
 */
export async function waitForProject(project: string, rest: RestClient): Promise<void> {
  const running = await changes(rest);
  if (running.length === 0) return;
  const found = await rest.get('/1.0/instances?recursion=1');
  const instances = instancesFrom(found?.metadata);
  const pets = instances.filter(({ name, config }) => isPet(project, name, config));
  const graces = pets.map(({ config }) => graceIn(parseApplied(config[LABEL.applied])?.facets));
  const own = operationsOn(
    pets.map(({ name }) => name),
    running,
  );
  await awaitOperations(own, patient(ALL_LIMIT_MS, Math.max(0, ...graces)), rest).catch((error: unknown) => {
    if (!(error instanceof OperationTimeout)) throw error;
  });
}

/** What runs and changes an instance: a command in a guest may go on for days. */
async function changes(rest: RestClient): Promise<readonly Operation[]> {
  return (await tasks(rest)).filter((op) => !isCommand(op));
}

function isCommand({ description }: Operation): boolean {
  return description === 'Executing command';
}

/** What a person has open, a console or a shell, is of another class. */
async function tasks(rest: RestClient): Promise<readonly Operation[]> {
  const found = await rest.get('/1.0/operations?recursion=1');
  const { running = [] } = (found?.metadata ?? {}) as { running?: readonly Operation[] };
  return running.filter((op) => op.class === 'task');
}

function operationsOn(names: readonly string[], operations: readonly Operation[]): readonly Operation[] {
  const urls = new Set(names.map((name) => `/1.0/instances/${name}`));
  return operations.filter((op) => op.resources?.instances?.some((url) => urls.has(url)));
}

async function awaitOperations(
  operations: readonly Operation[],
  limitMs: number,
  rest: RestClient,
): Promise<void> {
  const waits = operations.map(async ({ id, description }) => {
    try {
      await rest.wait(`/1.0/operations/${id}`, limitMs);
    } catch (error) {
      if (error instanceof OperationTimeout)
        throw new OperationTimeout(`\`${description}\` still runs after ${limitMs / 1000} s`);
      // Failed or forgotten, it has ended: how is not ours to judge.
      if (!(error instanceof IncusError || error instanceof ConnectionLost)) throw error;
    }
  });
  await Promise.all(waits);
}
