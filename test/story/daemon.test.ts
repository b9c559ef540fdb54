import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OwnDaemon } from './own-daemon.js';
import { freePorts, get, Story } from './rig.js';
import { sampleOf } from '../sample.js';

/** The daemon is restarted, or dies and is started again, while `up` is at something: `up` waits and goes on. */
const daemon = new OwnDaemon();
const story = new Story('daemon', { socket: daemon.socket, isWatched: true });
const DATA = '/var/lib/data/precious';
let port = 0;

beforeAll(async () => {
  await daemon.setUp();
  [port = 0] = await freePorts(1);
  story.flake('web');
});
afterAll(async () => {
  await daemon.start();
  await story.cleanUp();
  await daemon.remove();
});

const there = (page: string) => {
  story.page('web', page);
  story.manifest({ web: `flake-ref = "./web"\nport = ${port}\nvolumes = { data = "/var/lib/data" }` });
};
const gone = () => {
  story.manifest({});
};

/**
 * What the manifest wants, what `up` says when the daemon is to go, and how it goes. A round, but the last one, leaves
 * nothing but data.
 */
const ROUNDS = [
  [
    { wants: 'the first page', moment: 'creating', signal: 'SIGKILL' },
    { wants: 'another page', moment: 'copying the volumes', signal: 'SIGKILL' },
    { wants: null, moment: 'stopping', signal: 'SIGKILL' },
  ],
  [
    { wants: 'the first page', moment: 'starting', signal: 'SIGTERM' },
    { wants: 'another page', moment: 'checking health', signal: 'SIGTERM' },
    { wants: null, moment: 'deleting', signal: 'SIGTERM' },
  ],
  [
    { wants: 'the first page', moment: 'exposing', signal: 'SIGKILL' },
    { wants: 'another page', moment: 'recording', signal: 'SIGTERM' },
    { wants: null, moment: 'deleting', signal: 'SIGKILL' },
  ],
  [
    { wants: 'the first page', moment: 'starting', signal: 'SIGKILL' },
    { wants: 'another page', moment: 'waiting for the system', signal: 'SIGKILL' },
  ],
] as const;

test.each(sampleOf(ROUNDS, 2).flat())('$signal while it is $moment', async ({ wants, moment, signal }) => {
  if (wants === null) gone();
  else there(wants);
  const { child, ended } = story.start(['up', '--prune', '--progress', 'plain']);
  let restarted: Promise<void> | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes(`: ${moment}`)) restarted ??= restart(signal);
  });
  const { code, stderr } = await ended;
  await restarted;
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(`: ${moment}`) });
  await story.ok(['up', '--prune']);
  await story.ok(['diff', '--exit-code', '--prune']);
  expect((await get(port))?.body ?? null).toBe(wants);
  expect(await story.volumes()).toHaveLength(1);
  if (wants !== null) await dataIsThere();
});

async function restart(signal: NodeJS.Signals): Promise<void> {
  await daemon.end(signal);
  await daemon.start();
}

let hasData = false;
async function dataIsThere(): Promise<void> {
  if (!hasData) await story.inside('web', 'sh', '-c', `echo data > ${DATA}`);
  hasData = true;
  expect(await story.inside('web', 'cat', DATA)).toBe('data');
}
