import { formatBinding, proxyListen, type Binding } from '../domain/binding.js';
import type { AppName } from '../domain/names.js';
import type { DesiredExposure } from '../domain/desired.js';
import type { Exposure } from '../domain/actual.js';
import type { OpId, Operation } from '../domain/plan.js';
import { problemOf, ProblemError } from '../domain/problem.js';
import type { Services } from './job.js';

const ATTEMPTS = 3;
/** How long a new forwarder may take until it listens. */
const ACCEPT_MS = 10_000;
/** And an old one, which the daemon tells to end and does not wait for, until its port is free. */
const FREE_MS = 5_000;

/**
 * For an `expose` that will not happen: exposes again what was taken away for it, should it have a fallback.
 * What came of it, in words to append.
 */
export async function putBack(
  { app, action }: Operation,
  isDone: (id: OpId) => boolean,
  ports: Services,
): Promise<string> {
  if (action.kind !== 'expose' || !action.fallback) return '';
  const wasTaken = isDone(`${app}/unexpose:${action.fallback.device}`);
  return wasTaken ? restore(app, action.fallback, ports) : '';
}

function proxyDevice({ binding, connect, mode }: DesiredExposure): Readonly<Record<string, string>> {
  return { type: 'proxy', listen: proxyListen(binding), connect, ...(mode === null ? {} : { mode }) };
}

/** What is exposed, by which device. */
type Exposed = { readonly device: string; readonly exposure: DesiredExposure };

/**
 * A failing proxy change takes the daemon 6 s, so the port is probed first. What was taken away
 * to make room is put back should the new exposure fail.
 */
export async function expose(
  app: AppName,
  { device, exposure, fallback }: Exposed & { readonly fallback: Exposure | null },
  ports: Services,
): Promise<void> {
  const { binding } = exposure;
  try {
    await openProxy(app, { device, value: proxyDevice(exposure), binding }, ports);
  } catch (error) {
    const problem = problemOf(error);
    const other =
      fallback?.binding && formatBinding(fallback.binding) !== formatBinding(binding) ? fallback : null;
    throw new ProblemError({
      app,
      hint: `free it or change the manifest, then run \`pets up ${app}\` again`,
      ...problem,
      message: `${problem.message}${await restore(app, other, ports)}`,
    });
  }
}

type Proxy = {
  readonly device: string;
  readonly value: Readonly<Record<string, string>>;
  readonly binding: Binding;
};

/**
 * Adds the device and looks whether it does what it is for. A busy daemon now and then fails to start one whose port
 * is free, or starts it and says that it has not: what it has left is taken away, and it is tried again.
 */
async function openProxy(app: AppName, { device, value, binding }: Proxy, ports: Services): Promise<void> {
  for (let n = 1; ; n++) {
    const obstacle = await ports.host.probe(binding, FREE_MS);
    if (obstacle !== null)
      throw new ProblemError({
        code: 'port-taken',
        data: { binding: formatBinding(binding) },
        app,
        message: `${formatBinding(binding)} ${obstacle}`,
      });
    try {
      await ports.incus.setDevice(app, device, value);
      await ports.host.accepts(binding, ACCEPT_MS);
      return;
    } catch (error) {
      if (n === ATTEMPTS) throw error;
      await ports.incus.removeDevice(app, device).catch(() => {
        throw error;
      });
    }
  }
}

async function restore(app: AppName, old: Exposure | null, ports: Services): Promise<string> {
  if (!old?.binding) return '';
  try {
    await openProxy(app, { device: old.device, value: old.value, binding: old.binding }, ports);
    return `; ${formatBinding(old.binding)} is exposed again as before`;
  } catch (error) {
    return `; and ${formatBinding(old.binding)} could not be exposed again: ${problemOf(error).message}`;
  }
}

/**
 * A changed key of the device makes the daemon start its forwarder again. One of `user.*` does not since Incus 6.0.5, so it
 * is one that says the default, or no longer says it. Where that does not help, the device is made anew.
 */
export async function revive(app: AppName, { device, exposure }: Exposed, ports: Services): Promise<void> {
  const { binding } = exposure;
  const { devices } = await ports.incus.instance(app);
  const isSaid = devices[device]?.['bind'] !== undefined;
  const value = { ...proxyDevice(exposure), ...(isSaid ? {} : { bind: 'host' }) };
  try {
    await ports.incus.setDevice(app, device, value);
    await ports.host.accepts(binding, ACCEPT_MS);
  } catch {
    await ports.incus.removeDevice(app, device);
    await openProxy(app, { device, value: proxyDevice(exposure), binding }, ports);
  }
}
