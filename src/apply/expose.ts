import { formatListen, proxyAddress } from '../listen.js';
import type { AppName, Exposure, Listen, Operation } from '../model.js';
import { problemOf, ProblemError } from '../problem.js';
import type { Ports } from './job.js';

/** How long a new forwarder may take until it listens. */
const ACCEPT_MS = 10_000;

/**
 * For an `expose` that will not happen: exposes again what was taken away for it, should it have a fallback.
 * What came of it, in words to append.
 */
export async function putBack({ app, action }: Operation, ports: Ports): Promise<string> {
  if (action.kind !== 'expose' || !action.fallback?.listen) return '';
  return restore(app, action.device, action.fallback.listen, ports);
}

function proxyDevice(listen: Listen): Readonly<Record<string, string>> {
  return { type: 'proxy', listen: proxyAddress(listen), connect: 'tcp:127.0.0.1:8080' };
}

/**
 * A failing proxy change takes the daemon 6 s, so the port is probed first. What was taken away
 * to make room is put back should the new exposure fail.
 */
export async function expose(
  app: AppName,
  device: string,
  listen: Listen,
  fallback: Exposure | null,
  ports: Ports,
): Promise<void> {
  try {
    const obstacle = await ports.host.probe(listen);
    if (obstacle !== null) throw new ProblemError({ app, message: `${formatListen(listen)} ${obstacle}` });
    await ports.incus.setDevice(app, device, proxyDevice(listen));
    await ports.host.accepts(listen, ACCEPT_MS);
  } catch (error) {
    const problem = problemOf(error);
    const restored = fallback?.listen ? await restore(app, device, fallback.listen, ports) : '';
    throw new ProblemError({
      app,
      hint: `free it or change the port, then run \`pets up ${app}\` again`,
      ...problem,
      message: `${problem.message}${restored}`,
    });
  }
}

async function restore(app: AppName, device: string, old: Listen, ports: Ports): Promise<string> {
  try {
    await ports.incus.setDevice(app, device, proxyDevice(old));
    await ports.host.accepts(old, ACCEPT_MS);
    return `; ${formatListen(old)} is exposed again as before`;
  } catch (error) {
    return `; and ${formatListen(old)} could not be exposed again: ${problemOf(error).message}`;
  }
}

/** A changed key of the device, whatever it says, makes the daemon start its forwarder again. */
export async function revive(app: AppName, device: string, listen: Listen, ports: Ports): Promise<void> {
  const value = { ...proxyDevice(listen), 'user.pets.revived': new Date().toISOString() };
  await ports.incus.setDevice(app, device, value);
  await ports.host.accepts(listen, ACCEPT_MS);
}
