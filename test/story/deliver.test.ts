import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStores } from '../../src/stores/stores.js';
import { exec, stream } from '../programs.js';
import { guestOver } from '../../src/guest/guest.js';
import { incusOver } from '../../src/incus/client/client.js';
import { socketPath } from '../../src/incus/client/http.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { Command, Stream } from '../../src/lib/program.js';
import type { Amount } from '../../src/lib/progress.js';
import { must, standIn, Story } from './rig.js';

const LIMIT_MS = 60_000;
const QUIET = { graceMs: 30_000, waits: () => undefined, warn: () => undefined };

/** A system whose /etc/edition is `edition`, and with a large file in its closure. */
async function system(edition: string, play: string | null = null): Promise<StorePath> {
  const expression = `{ nixpkgs, edition, play }:
    let
      flake = builtins.getFlake nixpkgs;
      pkgs = flake.legacyPackages.\${builtins.currentSystem};
      module = {
        boot.isContainer = true;
        networking.hostName = "edition";
        environment.etc.edition.text = edition;
        environment.etc.large.source = pkgs.writeText "large" (edition + builtins.concatStringsSep "" (builtins.genList toString 300000));
        standIn.switch = if play == "" then null else play;
      };
    in (flake.lib.nixosSystem { system = builtins.currentSystem; modules = [ module ]; }).config.system.build.toplevel`;
  const given = Object.entries({ nixpkgs: standIn(), edition, play: play ?? '' });
  const args = given.flatMap(([name, value]) => ['--argstr', name, value]);
  const flags = ['--extra-experimental-features', 'nix-command flakes', '--impure', '--no-link', '--json'];
  const out = await must('nix', ['build', ...flags, ...args, '--expr', expression]);
  const [{ outputs }] = JSON.parse(out) as [{ outputs: { out: StorePath } }];
  return outputs.out;
}

describe('a store of the container’s own', () => {
  const story = new Story('copy');
  const app = story.name('box') as AppName;
  const incus = incusOver(socketPath(process.env), story.project);
  const { copy } = openStores(story.project, incus, exec, stream);
  const guest = guestOver(incus, exec);
  const inside = (...command: string[]) => story.inside('box', ...command);
  /** The links of the profile, by name. */
  const links = async () => {
    const list = await inside('find', '/nix/var/nix/profiles', '-name', 'system*', '-printf', '%f %l\\n');
    return Object.fromEntries(
      list
        .split('\n')
        .map((line) => line.split(' '))
        .sort(),
    ) as Record<string, string>;
  };
  const restart = async () => {
    await incus.stop(app, 10_000);
    await incus.start(app);
  };
  let [first, second] = ['', ''] as StorePath[] as [StorePath, StorePath];

  beforeAll(async () => {
    first = await system(`${story.project} first`);
    second = await system(`${story.project} second`);
    const marks = { 'user.pets.project': story.project, 'user.pets.app': app };
    const { config, devices } = copy.bootstrap(app);
    await incus.create({
      name: app,
      description: '',
      config: { ...config, ...marks },
      devices,
      profiles: null,
      image: 'nixos/25.11',
    });
    await incus.start(app);
  });
  afterAll(() => story.cleanUp());

  // The large file comes first, and the stream breaks right after it. Of those that follow nothing arrives.
  test('a stream that breaks leaves what has arrived, and says so', async () => {
    let streams = 0;
    const cut: Stream = (command, take) => {
      const first: Command = ['sh', '-c', 'nix-store "$@" | head -c 1700000', ...command];
      return stream(streams++ === 0 ? first : ['true'], take);
    };
    const broken = openStores(story.project, incus, exec, cut).copy;
    await expect(broken.sendSystem(app, first, LIMIT_MS, () => undefined)).rejects.toMatchObject({
      problems: [
        {
          app,
          message: expect.stringMatching(/^sending the system broke off: error: /),
          hint: expect.stringContaining(`pets up ${app}`),
        },
      ],
    });
    await expect(inside('nix-store', '--check-validity', first)).rejects.toThrow('is not valid');
  });

  test('the next one sends the rest; then there is nothing to send', async () => {
    const told: (Amount | null)[] = [];
    const sent = await copy.sendSystem(app, first, LIMIT_MS, (amount) => told.push(amount));
    expect(sent).toMatch(/^[12] paths?, \d+ kB$/);
    const last = told.at(-2);
    expect(last?.done).toBe(last?.total);
    await inside('nix-store', '--check-validity', first);
    expect(await copy.sendSystem(app, first, LIMIT_MS, () => undefined)).toBe('');
  });

  test('only what is missing goes over', async () => {
    const [, mine] = [await must('nix-store', ['-qR', first]), await must('nix-store', ['-qR', second])];
    const sent = await copy.sendSystem(app, second, LIMIT_MS, () => undefined);
    expect(Number.parseInt(sent, 10)).toBeLessThan(mine.split('\n').length / 2);
    expect(sent).toMatch(/ 2 MB$/);
  });

  test('the profile is the guest’s; the same system again is no new generation', async () => {
    expect(await copy.setProfile(app, first, 0)).toBe(2);
    expect(await copy.setProfile(app, first, 0)).toBe(2);
    expect(await inside('readlink', '-f', '/nix/var/nix/profiles/system')).toBe(first);
  });

  test('it boots what was sent', async () => {
    await incus.setConfig(app, copy.instance(app).config);
    await restart();
    await guest.settle(app, first, LIMIT_MS, () => undefined);
    expect(await inside('cat', '/etc/edition')).toBe(`${story.project} first`);
  });

  test('and switches to the next without a restart', async () => {
    const booted = await inside('cat', '/proc/sys/kernel/random/boot_id');
    expect(await copy.setProfile(app, second, 0)).toBe(3);
    const how = { activation: 'switch', limitMs: LIMIT_MS, ...QUIET } as const;
    expect(await guest.activate(app, second, how, () => undefined)).toEqual({ warnings: [] });
    await guest.settle(app, second, LIMIT_MS, () => undefined);
    expect(await inside('cat', '/etc/edition')).toBe(`${story.project} second`);
    expect(await inside('cat', '/proc/sys/kernel/random/boot_id')).toBe(booted);
  });

  test('what was booted stays although its generation is removed', async () => {
    expect(await copy.collect(app, [3])).toMatch(/^2 generations, \d+ store paths? deleted, /);
    expect(await copy.collect(app, [])).toBe('');
    await inside('nix-store', '--check-validity', first, second);
  });

  test('a generation that was removed is made anew under its number', async () => {
    await copy.activateGeneration(app, 2, first);
    expect(await links()).toMatchObject({ system: 'system-2-link', 'system-2-link': first });
    await restart();
    await guest.settle(app, first, LIMIT_MS, () => undefined);
  });

  test('the guest’s own collection of garbage leaves what is kept; one that is stopped is brought back to it', async () => {
    await inside('nix-collect-garbage', '-d');
    expect(Object.keys(await links())).toEqual(['system', 'system-2-link']);
    await inside('nix-store', '--check-validity', second);
    await incus.stop(app, 10_000);
    await copy.activateGeneration(app, 3, second);
    await incus.start(app);
    await guest.settle(app, second, LIMIT_MS, () => undefined);
    expect(await inside('cat', '/etc/edition')).toBe(`${story.project} second`);
    expect(await links()).toMatchObject({ system: 'system-3-link', 'system-3-link': second });
  });

  test('the number of a generation that is gone is not given again', async () => {
    await copy.activateGeneration(app, 2, first);
    expect(await copy.collect(app, [])).toBe('1 generation');
    expect(await copy.setProfile(app, second, 0)).toBe(4);
    expect(Object.keys(await links())).toEqual(['system', 'system-2-link', 'system-4-link']);
  });

  test('what nothing keeps leaves the store, and can not be returned to', async () => {
    expect(await copy.collect(app, [4])).toMatch(/^1 generation, \d+ store paths? deleted, /);
    await inside('nix-store', '--check-validity', second);
    await expect(inside('nix-store', '--check-validity', first)).rejects.toThrow('is not valid');
    // The host's own is another store.
    await must('nix-store', ['--check-validity', first]);
    const problem = {
      message: `the system of generation 2 is not in the store any more: ${first}`,
      hint: expect.stringContaining(`pets up ${app}`),
    };
    await expect(copy.activateGeneration(app, 2, first)).rejects.toMatchObject({ problems: [problem] });
    await incus.stop(app, 10_000);
    await expect(copy.activateGeneration(app, 2, first)).rejects.toMatchObject({ problems: [problem] });
    await incus.start(app);
    await guest.settle(app, second, LIMIT_MS, () => undefined);
  });

  test('activation = "switch": a system that refuses is a failure, and the container runs on', async () => {
    const stubborn = await system(`${story.project} stubborn`, 'inhibited');
    await copy.sendSystem(app, stubborn, LIMIT_MS, () => undefined);
    await copy.setProfile(app, stubborn, 0);
    const booted = await inside('cat', '/proc/sys/kernel/random/boot_id');
    const how = { activation: 'switch', limitMs: LIMIT_MS, ...QUIET } as const;
    await expect(guest.activate(app, stubborn, how, () => undefined)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('the guest was not switched: the system refuses') }],
      log: expect.arrayContaining([expect.stringContaining('switchInhibitors')]),
    });
    expect(await inside('cat', '/proc/sys/kernel/random/boot_id')).toBe(booted);
  });
});
