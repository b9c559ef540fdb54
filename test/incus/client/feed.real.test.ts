import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TimeoutProblem } from '../../../src/domain/problem.js';
import { incusOver } from '../../../src/incus/client/client.js';
import { must, sleep, SOCKET, Story, until } from '../../story/rig.js';

const story = new Story('feed');
const web = story.name('web');
const incus = incusOver(SOCKET, story.project);
/** Longer than what goes over without a pause is ever held up. */
const LONG_MS = 600_000;
const sh = (script: string) => ['sh', '-c', script];
const PIECE = Buffer.alloc(64 * 1024, 'x');

beforeAll(async () => {
  story.plainFlake('app', '');
  story.manifest({ web: 'flake-ref = "./app"' });
  await story.ok(['up']);
});
afterAll(() => story.cleanUp());

const isGone = (program: string) => async () => (await story.ran('web', 'pgrep', '-fx', program)).code === 1;

async function* pieces(count: number) {
  for (let n = 0; n < count; n++) yield await Promise.resolve(PIECE);
}

/** One piece, and then nothing for good. */
async function* oneAndNothing() {
  yield PIECE;
  await new Promise<never>(() => undefined);
}

test('a command reads all of it; of its errors the last is kept', async () => {
  const script = 'wc -c > /run/size; head -c 3000000 /dev/zero | tr "\\0" e >&2; echo last >&2; exit 5';
  const { exitCode, stderr } = await incus.feed(web, sh(script), pieces(100), LONG_MS);
  expect(exitCode).toBe(5);
  expect(stderr).toHaveLength(64 * 1024);
  expect(stderr.slice(-7)).toBe('eelast\n');
  expect(await story.inside('web', 'cat', '/run/size')).toBe(String(100 * PIECE.length));
});

test('one that ends early leaves what it has not read', async () => {
  const { exitCode, stderr } = await incus.feed(web, sh('echo full >&2; exit 1'), pieces(1000), LONG_MS);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'full\n' });
});

test('no more is taken than the command reads, and one that stands still is ended', async () => {
  let taken = 0;
  const endless = async function* () {
    for (;;) {
      taken += PIECE.length;
      yield await Promise.resolve(PIECE);
    }
  };
  const feeding = incus.feed(web, ['sleep', '86397'], endless(), 3000);
  await expect(feeding).rejects.toBeInstanceOf(TimeoutProblem);
  await expect(feeding).rejects.toThrow(`running sleep in \`${web}\`: nothing went over for 3 s`);
  expect(taken).toBeLessThan(10_000_000);
  await until(isGone('sleep 86397'), { what: 'it goes on' });
});

test('a slow one is not ended', async () => {
  const slow = async function* () {
    for (let n = 0; n < 4; n++) {
      await sleep(2000);
      yield PIECE;
    }
  };
  const { exitCode } = await incus.feed(web, sh('cat > /dev/null; exit 3'), slow(), 6000);
  expect(exitCode).toBe(3);
});

test('what has broken off is not taken for the whole', async () => {
  const broken = async function* () {
    yield await Promise.resolve(PIECE);
    throw new Error('it cannot be read');
  };
  const script = 'cat > /run/part; echo whole > /run/whole';
  await expect(incus.feed(web, sh(script), broken(), LONG_MS)).rejects.toThrow('it cannot be read');
  await expect(incus.feed(web, sh(script), oneAndNothing(), 1000)).rejects.toBeInstanceOf(TimeoutProblem);
  await until(isGone('cat'), { what: 'it goes on' });
  expect((await story.ran('web', 'ls', '/run/whole')).code).not.toBe(0);
});

test('a frozen guest does not hold us', async () => {
  const feeding = incus.feed(web, ['sleep', '86396'], oneAndNothing(), 4000);
  const ended = expect(feeding).rejects.toBeInstanceOf(TimeoutProblem);
  await until(async () => !(await isGone('sleep 86396')()), { what: 'it does not begin' });
  await must('incus', ['pause', web]);
  await ended;
  await must('incus', ['resume', web]);
  await until(isGone('sleep 86396'), { what: 'it goes on' });
});

test('nothing is run in an instance of somebody else', async () => {
  const other = incusOver(SOCKET, 'other');
  await expect(other.feed(web, ['touch', '/run/other'], pieces(1), LONG_MS)).rejects.toThrow(
    'does not bear the marks of this project',
  );
  expect((await story.ran('web', 'ls', '/run/other')).code).not.toBe(0);
});
