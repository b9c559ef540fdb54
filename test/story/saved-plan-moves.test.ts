import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import { answerOf, freePorts, get, must, Story } from './rig.js';

/**
 * Somebody moves something on the machine between `diff` and `up`. Either the plan is refused, and nothing is touched,
 * or what was moved is none of it: then it comes to what it said.
 */
const story = new Story('moves');
const web = story.name('web');
let ports: readonly number[] = [];
const port = (n: number) => ports[n] ?? 0;

const incus = (...args: string[]) => must('incus', args, story.env());
const set = (key: string, value: string) => () => incus('config', 'set', web, `${key}=${value}`);
const write = (n: number) => {
  story.manifest({
    web: `flake-ref = "./web"\nport = ${port(n)}\nvolumes = { data = "/var/lib/data" }\nlimits.memory = "400MiB"`,
  });
};

beforeAll(async () => {
  ports = await freePorts(4);
  story.flake('web');
  story.page('web', 'the page');
  write(0);
  await story.ok(['up']);
});
afterAll(() => story.cleanUp());

type Move = () => Promise<unknown>;
const stopped: Move = () => incus('stop', '--force', web);
const volume = async () => (await story.volumes()).map(({ name }) => name)[0] ?? '';

const REFUSED: readonly [string, Move][] = [
  ['stopped', stopped],
  ['frozen', () => incus('pause', web)],
  ['deleted', () => incus('delete', '--force', web)],
  ['renamed', () => stopped().then(() => incus('rename', web, `${web}-x`))],
  ['another limit', set('limits.memory', '300MiB')],
  ['no limit', () => incus('config', 'unset', web, 'limits.memory')],
  ['its exposure is gone', () => incus('config', 'device', 'remove', web, 'web')],
  [
    'its exposure leads elsewhere',
    () => incus('config', 'device', 'set', web, 'web', 'connect=tcp:127.0.0.1:81'),
  ],
  ['its volume is detached', async () => incus('config', 'device', 'remove', web, 'volume-data')],
  ['what was applied is gone', () => incus('config', 'unset', web, 'user.pets.applied')],
  ['what was applied is no record', set('user.pets.applied', '{')],
  ['a run has left it half done', set('user.pets.state', 'upgrading')],
  ['it is another project’s', set('user.pets.project', 'another')],
  ['it may not be deleted', set('security.protection.delete', 'true')],
];

const IRRELEVANT: readonly [string, Move][] = [
  ['restarted', () => incus('restart', '--force', web)],
  ['a snapshot of it', () => incus('snapshot', 'create', web, 'by-hand')],
  ['a key of its own', set('user.mine', 'x')],
  [
    'a snapshot of its volume',
    async () => incus('storage', 'volume', 'snapshot', 'create', 'default', await volume(), 'mine'),
  ],
  ['a description', () => incus('config', 'set', web, '--property', 'description=mine')],
  [
    'another app of the manifest',
    () => {
      story.write(
        'pets.toml',
        `${story.read('pets.toml')}\n[apps.${story.name('more')}]\nflake-ref = "./web"\n`,
      );
      return Promise.resolve();
    },
  ],
];

const machine = async () => ({
  instances: await story.instances(),
  volumes: (await story.volumes()).map(({ name }) => name),
});

/** As it was, whatever the one before has come to. */
async function planned(): Promise<void> {
  await incus('delete', '--force', `${web}-x`).catch(() => undefined);
  await incus('config', 'unset', web, 'security.protection.delete').catch(() => undefined);
  const found = await story.pets(['up', '--retry']);
  if (found.code !== 0) {
    await incus('delete', '--force', web);
    await story.ok(['up']);
  }
  expect((await answerOf(port(0))).body).toBe('the page');
  write(1);
  await story.ok(['diff', '--out', 'plan.json']);
}

test.each(REFUSED)('refused: %s', async (_, move) => {
  write(0);
  await planned();
  await move();
  const before = await machine();
  const up = await story.pets(['up', '--plan', 'plan.json']);
  expect({ code: up.code, stderr: up.stderr }).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('nothing was touched'),
  });
  expect(await machine()).toEqual(before);
});

test('refused: somebody else has the port', async () => {
  write(0);
  await planned();
  const squatter = createServer().listen(port(1), '127.0.0.1');
  const before = await machine();
  const up = await story.pets(['up', '--plan', 'plan.json']);
  expect(up.code).not.toBe(0);
  expect(await machine()).toEqual(before);
  await new Promise((resolve) => squatter.close(resolve));
});

test.each(IRRELEVANT)('none of it: %s', async (_, move) => {
  write(0);
  await planned();
  await move();
  await story.ok(['up', '--plan', 'plan.json']);
  expect((await answerOf(port(1))).body).toBe('the page');
  expect(await get(port(0))).toBeNull();
  expect((await story.ok(['diff', web])).stdout).toContain('No changes');
});
