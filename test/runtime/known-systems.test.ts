import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { DesiredApp } from '../../src/domain/desired.js';
import type { Evaluated } from '../../src/domain/services.js';
import type { LocalNix } from '../../src/nix/nix.js';
import { knowing, recipeIn, systemOf, type Known } from '../../src/runtime/known-systems.js';
import { BuiltSystems } from '../../src/state/built-systems.js';

const WEB = 'web' as AppName;
const DRV = `/nix/store/${'0'.repeat(32)}-system.drv` as StorePath;
const SYSTEM = `/nix/store/${'1'.repeat(32)}-system` as StorePath;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-known-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A store in which all that is remembered is. */
class Remembered extends BuiltSystems {
  collected = false;
  override remember(...[name, key, system]: Parameters<BuiltSystems['remember']>): void {
    super.remember(name, key, system);
    this.all.set(JSON.stringify(key), system.isLasting ? system.toplevel : null);
  }
  override findLasting(...[, key]: Parameters<BuiltSystems['findLasting']>): StorePath | null {
    return this.collected ? null : (this.all.get(JSON.stringify(key)) ?? null);
  }
  private readonly all = new Map<string, StorePath | null>();
}

const app = (source = 'sha256-x', more: Partial<DesiredApp> = {}) =>
  ({
    name: WEB,
    facets: { system: { source } },
    source: { kind: 'config', file: { written: './web.nix', path: '/srv/web.nix' } },
    nixpkgs: { ref: { url: 'path:/srv/nixpkgs' } },
    modules: [],
    nixos: {},
    volumes: [],
    binds: [],
    listen: null,
    ...more,
  }) as unknown as DesiredApp;

type Calls = { evaluated: number; held: number };

function nixThat(evaluated: Partial<Evaluated> = {}, isHeld = true): LocalNix & Calls {
  const calls: LocalNix & Calls = {
    evaluated: 0,
    held: 0,
    lock: () => Promise.reject(new Error('nothing is locked')),
    build: () => Promise.resolve(),
    evaluate: () => {
      calls.evaluated += 1;
      return Promise.resolve({ drv: DRV, toplevel: SYSTEM, ...evaluated });
    },
    version: () => Promise.resolve(null),
    hold: () => {
      calls.held += 1;
      return Promise.resolve(isHeld);
    },
  };
  return calls;
}

const known = (profile?: StorePath): Known & { readonly built: Remembered } => ({
  built: new Remembered(join(folder, 'built')),
  recipe: () => 'r',
  profile: () => profile,
});

test('a system that is known and in the store is not evaluated, and there is nothing to build', async () => {
  const nix = nixThat();
  const wrapped = knowing(nix, known());
  await wrapped.evaluate(app(), {});
  expect(await wrapped.evaluate(app(), {})).toEqual({ drv: SYSTEM, toplevel: SYSTEM });
  expect(nix).toMatchObject({ evaluated: 1, held: 1 });
  await wrapped.evaluate(app('sha256-y'), {});
  expect(nix).toMatchObject({ evaluated: 2, held: 1 });
});

test('of the one that its profile holds the store is not even asked', async () => {
  const nix = nixThat();
  const wrapped = knowing(nix, known(SYSTEM));
  await wrapped.evaluate(app(), {});
  await wrapped.evaluate(app(), {});
  expect(nix).toMatchObject({ evaluated: 1, held: 0 });
});

test('one that was collected, or of which the store has a part only, is evaluated again', async () => {
  const gone = known();
  const nix = nixThat();
  await knowing(nix, gone).evaluate(app(), {});
  gone.built.collected = true;
  expect(await knowing(nix, gone).evaluate(app(), {})).toMatchObject({ drv: DRV });
  const partly = nixThat({}, false);
  const some = knowing(partly, known());
  await some.evaluate(app(), {});
  expect(await some.evaluate(app(), {})).toMatchObject({ drv: DRV });
  expect([nix, partly]).toMatchObject([
    { evaluated: 2, held: 0 },
    { evaluated: 2, held: 1 },
  ]);
});

test('so is one that there is something to warn of, or that follows something', async () => {
  for (const found of [{ warnings: ['it listens on nothing'] }, { isUnpinned: true }]) {
    const nix = nixThat(found);
    const wrapped = knowing(nix, known());
    await wrapped.evaluate(app(JSON.stringify(found)), {});
    expect(await wrapped.evaluate(app(JSON.stringify(found)), {})).toMatchObject(found);
    expect(nix).toMatchObject({ evaluated: 2, held: 0 });
  }
});

test('what somebody has put in the place of a system is given to no program', async () => {
  const nix = nixThat({ toplevel: '--option' as StorePath });
  const wrapped = knowing(nix, known());
  await wrapped.evaluate(app(), {});
  await wrapped.evaluate(app(), {});
  expect(nix).toMatchObject({ evaluated: 2, held: 0 });
});

test('diff knows all of them, by the same key', async () => {
  const all = known();
  const inStore = join(folder, 'system') as StorePath;
  mkdirSync(inStore);
  await knowing(nixThat({ toplevel: inStore, isUnpinned: true }), all).evaluate(app(), {});
  expect(systemOf(app(), all)).toBe(inStore);
  expect(systemOf(app('sha256-y'), all)).toBeNull();
  expect(systemOf(app('unlocked:github:a/b'), all)).toBeNull();
  expect(systemOf(app(), { ...all, recipe: () => 's' })).toBeNull();
});

test('another recipe is another hash, whatever else is in its folder', () => {
  mkdirSync(join(folder, 'nix', 'none'), { recursive: true });
  writeFileSync(join(folder, 'nix', 'a.nix'), '1');
  writeFileSync(join(folder, 'nix', 'none', 'flake.nix'), '{ }');
  const first = recipeIn(join(folder, 'nix'));
  writeFileSync(join(folder, 'nix', 'nix.js'), 'a program');
  expect(recipeIn(join(folder, 'nix'))).toBe(first);
  writeFileSync(join(folder, 'nix', 'none', 'flake.nix'), '{ outputs = _: { }; }');
  expect(recipeIn(join(folder, 'nix'))).not.toBe(first);
});
