import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../src/domain/problem.js';
import { WAYS, type Way } from './bad-upgrades.js';
import { makeBusy } from './busy.js';
import { ledger, servingLedger, stateOf } from './ledger.js';
import { OwnDaemon } from './own-daemon.js';
import { freePorts, get, type Result } from './rig.js';
import { isWhole, sampleOf } from '../sample.js';

const POOL_MB = 64;
/** On a busy machine each version is tried with more that changes, and may take longer. */
const MACHINES = [
  { machine: 'idle', isBusy: false, patience: '8s', limit: '20s' },
  { machine: 'busy', isBusy: true, patience: '30s', limit: '90s' },
] as const;

describe.each(isWhole ? MACHINES : MACHINES.slice(0, 1))('on a machine that is $machine', (how) => {
  const { isBusy, patience, limit } = how;
  const daemon = new OwnDaemon();
  const { story, manifest, rows, write, setUp } = servingLedger('bad', { socket: daemon.socket });
  const expected = ['row 1', 'row 2'];
  let relax = () => {};
  let version = 1;

  const serve = () => {
    ledger(story, 'v1');
    manifest(`timeout = "${limit}"`, { health: `{ path = "/", timeout = "${patience}" }` });
  };

  beforeAll(async () => {
    await daemon.setUp(POOL_MB);
    await setUp();
    if (isBusy) relax = makeBusy();
  });
  // Also where one that should have been taken back was not.
  beforeEach(async () => {
    serve();
    await story.ok(['up']);
  });
  afterAll(async () => {
    relax();
    await daemon.start();
    await story.cleanUp();
    await daemon.remove();
  });

  /** Another version, and in which way it goes bad; on a busy machine at another port, too. */
  const spoil = (way: Way, at: number | undefined) => {
    const { migration, more, besides, lines = '', health } = way;
    ledger(story, `v${++version}`, migration, more, besides);
    way.write?.(story);
    const check = health ?? '{ path = "/"';
    const memory = at === undefined ? '' : '\nlimits.memory = "300MiB"';
    manifest(`timeout = "${limit}"\n${lines}${memory}`, {
      health: `${check}, timeout = "${patience}" }`,
      at,
    });
  };

  /** Of what is recorded only what runs: what the manifest says besides, such as `stateful`, is nothing to be tried. */
  const served = async () => {
    const { applied = '{}', ...state } = await stateOf(story);
    const { generation, toplevel } = JSON.parse(applied) as { generation?: number; toplevel?: string };
    return { ...state, generation, toplevel };
  };

  const tried = async ({ dies }: Way): Promise<Result> => {
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    let back: Promise<void> | undefined;
    child.stderr?.on('data', (chunk: Buffer) => {
      if (dies !== undefined && chunk.toString().includes(dies))
        back ??= daemon.end('SIGKILL').then(() => daemon.start());
    });
    const result = await ended;
    await back;
    expect(back !== undefined).toBe(dies !== undefined);
    return result;
  };

  test.each(sampleOf(WAYS, Math.ceil(WAYS.length / 2)))(
    '$name: the old version serves all rows',
    async (way) => {
      expected.push(`row ${expected.length + 1}`);
      await write(expected.at(-1) ?? '');
      const before = await served();
      const at = isBusy ? (await freePorts(1))[0] : undefined;
      /** `there`: at the other port, of which nothing is held that a version failed with. */
      const serves = async (there?: number) => {
        expect((await rows(there))?.split('\n')).toEqual(expected);
        const proxies = before.proxies.map((listen) =>
          listen?.replace(/\d+$/, (port) => String(there ?? port)),
        );
        expect(await served()).toEqual({ ...before, proxies });
        if (at !== there && at !== undefined) expect(await get(at)).toBeNull();
        expect((await story.instances()).map(({ status }) => status)).toEqual(['Running']);
      };

      spoil(way, at);
      const up = await tried(way);
      expect(up).toMatchObject({ code: way.ends, stderr: expect.stringMatching(way.why) });
      await serves();
      // What was taken back is not tried again, and what cannot be tried fails as before.
      expect(await story.pets(['up'])).toMatchObject({ code: way.ends });
      await serves(way.ends === EXIT.rolledBack ? at : undefined);
      serve();
      await story.ok(['up']);
      await serves();
      expect((await story.ok(['diff'])).stdout).toContain('No changes');
    },
  );

  test('and a version that is good comes up with them', async () => {
    ledger(story, `v${++version}`);
    await story.ok(['up']);
    expect((await rows())?.split('\n')).toEqual(expected);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });
});
