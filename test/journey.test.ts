import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { desiredFrom, hostPaths, localFiles, localRefs } from '../src/manifest/desired.js';
import { readManifest } from '../src/manifest/read.js';
import type { Desired } from '../src/domain/desired.js';
import { flakesOf } from '../src/domain/manifest.js';
import type { Plan } from '../src/domain/plan.js';
import { planOf } from '../src/planner/plan.js';
import { Machine } from './machine.js';
import { manifestText } from './manifest/random.js';
import { examples } from './sample.js';

/** The whole way of the data, with a daemon in memory: text, what is wanted, plan, run, what is there, plan. */
function desiredIn(text: string): Desired {
  const read = readManifest(text, { file: 'pets.toml', directory: '/srv/dots' });
  if (!read.ok) throw new Error(`not valid: ${JSON.stringify(read.problems)}\n${text}`);
  const { manifest } = read;
  const hash = (name: string) => ({ hash: `sha256-${name}` });
  // Everything is pinned already: what a run pins is in the next one's lock.
  const refs = manifest.apps.flatMap(flakesOf);
  const pin = (url: string) => [url, { locked: `${url}/${'1'.repeat(40)}`, narHash: 'sha256-x' }] as const;
  return desiredFrom(manifest, {
    lock: { version: 1, refs: Object.fromEntries(refs.map(({ url }) => pin(url))) },
    contentHashes: Object.fromEntries(localRefs(manifest).map(({ url }) => [url, hash(url)])),
    fileHashes: Object.fromEntries(localFiles(manifest).map(({ path }) => [path, hash(path)])),
    paths: Object.fromEntries(
      hostPaths(manifest).map((path) => [path, path.endsWith('.sock') ? 'socket' : 'folder']),
    ),
    secrets: Object.fromEntries(
      manifest.apps.map((app) => [
        app.name,
        Object.fromEntries(
          app.secrets.map(({ name, source }) => [name, { fingerprint: `v1:${JSON.stringify(source)}` }]),
        ),
      ]),
    ),
    platform: 'x86_64-linux',
  });
}

const planned = (machine: Machine, desired: Desired): Plan =>
  planOf(desired, machine.observed(), { prune: true, recreate: true, retry: false, only: null });

async function up(machine: Machine, desired: Desired): Promise<void> {
  const plan = planned(machine, desired);
  expect(plan.problems).toEqual([]);
  const { apps } = await machine.carryOut(plan, desired);
  expect(apps.flatMap(({ failure }) => (failure ? [failure] : []))).toEqual([]);
}

/** Nothing is done, and nothing is told as different. */
function expectNothing({ operations, problems, apps }: Plan): void {
  expect({ operations, problems }).toEqual({ operations: [], problems: [] });
  expect(apps.flatMap(({ changes }) => changes)).toEqual([]);
}

test('whatever a manifest says: after `up` there is nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(manifestText, async (text) => {
      const machine = new Machine();
      const desired = desiredIn(text);
      await up(machine, desired);
      expectNothing(planned(machine, desired));
    }),
    examples(150),
  );
});

test('from any manifest to any other: after `up` there is nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(manifestText, manifestText, async (first, second) => {
      const machine = new Machine();
      await up(machine, desiredIn(first));
      const desired = desiredIn(second);
      await up(machine, desired);
      expectNothing(planned(machine, desired));
    }),
    examples(150),
  );
});
