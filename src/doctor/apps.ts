import { sleep } from '../lib/wait.js';
import { readFile } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { parseInstanceState } from '../domain/instance-state.js';
import type { ManifestApp } from '../domain/manifest.js';
import { ProblemError } from '../domain/problem.js';
import type { ForwardersFacts, InotifyFacts, ListenFacts, NixpkgsFacts } from './app-verdicts.js';
import { orProblem, type Forwarder, type ManifestFound, type World } from './world.js';

const LIMIT = '/proc/sys/fs/inotify/max_user_instances';

export async function inotify({ ask, manifest: found }: World): Promise<InotifyFacts> {
  const limit = Number(await readFile(LIMIT, 'utf8'));
  const asked = await orProblem(
    ask('/1.0/instances?recursion=1&all-projects=true') as Promise<readonly InstanceJson[]>,
  );
  const wanted = found.kind === 'read' ? found.manifest.apps.map(({ name }) => String(name)) : [];
  if ('problem' in asked) return { limit, running: null, wanted: wanted.length };
  const running = asked.filter(
    ({ status, type }) => parseInstanceState(status) !== 'Stopped' && type === 'container',
  );
  const names = new Set(running.map(({ name }) => name));
  return { limit, running: running.length, wanted: wanted.filter((name) => !names.has(name)).length };
}

type InstanceJson = { readonly name: string; readonly status: unknown; readonly type: string };

export function manifest({ manifest: found }: World): ManifestFound {
  return found;
}

export function nixpkgs({ manifest: found }: World): NixpkgsFacts {
  if (found.kind !== 'read')
    throw new ProblemError({ code: 'manifest-missing', message: 'no manifest says which is wanted' });
  // A system that is built already has no use for one.
  return found.manifest.apps.flatMap(({ name, nixpkgs }) =>
    nixpkgs === null ? [] : [{ app: name, ref: nixpkgs.written }],
  );
}

export async function observeListen({ manifest: found }: World): Promise<ListenFacts> {
  if (found.kind !== 'read')
    throw new ProblemError({
      code: 'manifest-missing',
      message: 'no manifest says which addresses are wanted',
    });
  const wanted = found.manifest.apps.flatMap((app) =>
    addressesOf(app).map((address) => ({ app: app.name, address })),
  );
  const addresses = [...new Set(wanted.map(({ address }) => address))];
  const bound = await Promise.all(addresses.map(isHere));
  return { wanted, here: addresses.filter((_, i) => bound[i]) };
}

/** Whether the kernel lets somebody listen there; lists of interfaces leave out those without a carrier. */
function isHere(address: string): Promise<boolean> {
  const probe = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const end = (is: boolean) => {
      probe.close();
      resolve(is);
    };
    probe.once('error', () => {
      end(false);
    });
    probe.bind({ address, port: 0, exclusive: true }, () => {
      end(true);
    });
  });
}

function addressesOf({ port, listen: main, publish }: ManifestApp): string[] {
  const published = publish.flatMap(({ binding }) => (binding.protocol === 'unix' ? [] : [binding.address]));
  return [...new Set([...(port === null ? [] : [main]), ...published])];
}

const LOOKS = 4;

/** One that a run is just opening does not listen yet: dead is what is dead at each of several looks. */
export async function forwarders(world: World, pauseMs = 1000): Promise<ForwardersFacts> {
  let found = await world.forwarders();
  for (let look = 1; look < LOOKS && found.some(({ isAlive }) => !isAlive); look++) {
    await sleep(pauseMs);
    const dead = new Set(found.filter(({ isAlive }) => !isAlive).map(identity));
    const now = await world.forwarders();
    found = now.map((one) => ({ ...one, isAlive: one.isAlive || !dead.has(identity(one)) }));
  }
  return found;
}

function identity({ project, app, listens }: Forwarder): string {
  return JSON.stringify([project, app, listens]);
}
