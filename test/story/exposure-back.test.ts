import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { answerOf, freePorts, sleep, Story } from './rig.js';

const story = new Story('port-taken');
let port = 0;

beforeAll(async () => {
  [port = 0] = await freePorts(1);
  story.flake('web');
  story.page('web', 'one page');
  story.manifest({
    web: `flake-ref = "./web"\nport = ${port}\nvolumes = { data = "/var/lib/data" }\nhealth = { path = "/" }`,
  });
  await story.ok(['up']);
});
afterAll(() => story.cleanUp());

/** Takes the port in the moment when its forwarder has let go of it. */
async function take(isOver: () => boolean): Promise<Server> {
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    const isHeld = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    if (isHeld) return server;
    if (isOver()) throw new Error('the port was never free');
    await sleep(5);
  }
}

type Row = {
  readonly name: string;
  readonly state: string;
  readonly health: string | null;
  unreached: string | null;
};

async function row(): Promise<Row | undefined> {
  const { apps } = JSON.parse((await story.ok(['ps', '--json'])).stdout) as { apps: Row[] };
  return apps.find(({ name }) => name === story.name('web'));
}

test('an app whose port is taken from it on the way back is told so, and the next run mends it', async () => {
  expect(await row()).toMatchObject({
    state: 'running',
    health: expect.stringContaining('http 200'),
    unreached: null,
  });
  story.page('web', 'another page');
  const { child, ended } = story.start(['up']);
  let isOver = false;
  child.once('close', () => {
    isOver = true;
  });
  const holder = await take(() => isOver);
  const up = await ended;
  const missing = `127.0.0.1:${port}`;
  expect(up.code).toBe(1);
  expect(up.stderr).toContain(
    `now: generation 1 serves, but ${missing} is not exposed: ${missing} is in use`,
  );
  expect((await story.ok(['runs', 'last'])).stdout).toContain(`now: generation 1 serves, but ${missing}`);
  expect(await row()).toMatchObject({
    state: `running, not exposed at ${missing}`,
    health: null,
    unreached: `not exposed at ${missing}`,
  });
  const table = (await story.ok(['ps'])).stdout + (await story.ok(['top', '--once'])).stdout;
  expect(table).toContain(`not exposed at ${missing}`);
  expect(table).not.toContain('healthy');
  await new Promise((resolve) => holder.close(resolve));
  await story.ok(['up']);
  expect((await answerOf(port)).body).toBe('another page');
  expect(await row()).toMatchObject({ state: 'running', health: expect.stringContaining('http 200') });
});
