import { describe, expect, test } from '@jest/globals';
import { openStores } from '../../src/stores/stores.js';
import { ProblemError, TimeoutProblem } from '../../src/domain/problem.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';
import type { Command, Exec, Stream } from '../../src/lib/program.js';
import type { Amount } from '../../src/lib/progress.js';

const APP = 'box' as AppName;
const TOP = '/nix/store/zzz-system' as StorePath;
const ok = (stdout = ''): GuestResult => ({ exitCode: 0, stdout, stderr: '' });

type End = { exitCode: number | null; stderr: string };
type Given = {
  directory?: string;
  ready?: number;
  /** How the two ends of a stream end; else well. A function rejects. */
  from?: End;
  to?: End | (() => never);
  /** How many streams end like that; else all. */
  breaks?: number;
  status?: string;
};

/** A host with `closure`, a guest whose Nix is in `directory` and that has none of it; what both were asked. */
function world(closure: readonly string[], given: Given = {}) {
  const { directory = '', ready = 0, from, to, breaks = Infinity, status = 'Running' } = given;
  const asked: (readonly string[])[] = [];
  const sent: { from: Command; to: string[] }[] = [];
  let looks = 0;
  const query = (_: string, command: readonly string[]) => {
    asked.push(command);
    const [program = '', flag, ...paths] = command;
    if (program !== `${directory}nix-store`) return Promise.resolve({ ...ok(), exitCode: 127 });
    if (flag === '--check-validity' && paths[0] === '/run/current-system' && looks++ < ready)
      return Promise.resolve({ exitCode: 1, stdout: '', stderr: 'error: not valid' });
    return Promise.resolve(ok(paths[0] === '--print-invalid' ? paths.slice(1).join('\n') : ''));
  };
  const feed: Incus['feed'] = async (_, command, input) => {
    for await (const piece of input) expect(piece.byteLength).toBe(1001);
    sent.at(-1)?.to.push(...command);
    const end = sent.length <= breaks ? to : undefined;
    return typeof end === 'function' ? end() : ((end ?? ok()) as GuestResult);
  };
  const incus = { query, feed, status: () => Promise.resolve(status) } as unknown as Incus;
  const exec: Exec = (_, args) =>
    Promise.resolve(
      ok(
        args[1] === '--size'
          ? args
              .slice(2)
              .map(() => '1000')
              .join('\n')
          : closure.join('\n'),
      ),
    );
  const stream: Stream = async (command, take) => {
    sent.push({ from: command, to: [] });
    const taken = await take(exported(command.length - 2));
    return { ...ok(), ...(sent.length <= breaks ? from : {}), taken };
  };
  return { asked, sent, ...openStores('p', incus, exec, stream) };
}

/** A path is a little more than its size. */
async function* exported(count: number) {
  for (let n = 0; n < count; n++) yield await Promise.resolve(Buffer.alloc(1001));
}

const paths = (count: number) => Array.from({ length: count }, (_, n) => `/nix/store/${n}-path`);

describe('copy', () => {
  test('argument lists are bounded, and what is referred to goes first', async () => {
    const { asked, sent, copy } = world(paths(1250));
    const told: (Amount | null)[] = [];
    expect(await copy.sendSystem(APP, TOP, 1000, (amount) => told.push(amount))).toBe('1250 paths, 1 MB');
    expect(asked.filter((command) => command.includes('--print-invalid')).map((c) => c.length)).toEqual([
      1003, 253,
    ]);
    expect(sent.flatMap(({ from }) => from.slice(2))).toEqual(paths(1250));
    expect(Math.max(...sent.map(({ from }) => from.length))).toBe(102);
    // What goes over is a little more than the sizes say.
    const whole = { what: 'system', total: 1_250_000 };
    expect(told[0]).toEqual({ ...whole, done: 1001 });
    expect(told.slice(-2)).toEqual([{ ...whole, done: 1_250_000 }, null]);
  });

  test.each(['', '/run/current-system/sw/bin/'])("the guest's Nix is found in `%s`", async (directory) => {
    const { sent, copy } = world(paths(1), { directory });
    expect(await copy.sendSystem(APP, TOP, 1000, () => undefined)).toBe('1 path, 1 kB');
    expect(sent).toEqual([
      { from: ['nix-store', '--export', ...paths(1)], to: [`${directory}nix-store`, '--import'] },
    ]);
  });

  const failed = (stderr: string): End => ({ exitCode: 1, stderr });
  const lost = () => {
    throw new ProblemError({ code: 'daemon-lost', message: 'the connection to Incus broke' });
  };
  test.each([
    ['that broke', failed('error: unexpected end-of-file')],
    ['whose connection was lost', lost],
  ])('what a stream %s has not brought is sent again', async (_, to) => {
    const { sent, copy } = world(paths(2), { to, breaks: 2 });
    expect(await copy.sendSystem(APP, TOP, 1000, () => undefined)).toBe('2 paths, 2 kB');
    expect(sent).toHaveLength(3);
  });

  const late = () => {
    throw new TimeoutProblem('program-timeout', 'nothing went over');
  };
  test('one that stood still is not', async () => {
    const { sent, copy } = world(paths(2), { to: late });
    await expect(copy.sendSystem(APP, TOP, 1000, () => undefined)).rejects.toThrow('nothing went over');
    expect(sent).toHaveLength(1);
  });

  test.each([
    ['Stopped', failed('')],
    ['Frozen', late],
  ])('a guest that is %s meanwhile is why', async (status, to) => {
    const { copy } = world(paths(2), { to, status });
    const message = `sending the system broke off: the container does not run any more (${status})`;
    await expect(copy.sendSystem(APP, TOP, 1000, () => undefined)).rejects.toMatchObject({
      problems: [
        { code: 'transfer-failed', app: APP, message, hint: expect.stringContaining('pets up box') },
      ],
    });
  });

  test('a guest that is still filling its database is waited for', async () => {
    const { sent, copy } = world(paths(1), { ready: 2 });
    await copy.sendSystem(APP, TOP, 5000, () => undefined);
    expect(sent).toHaveLength(1);
  });

  test('but not for ever', async () => {
    const { copy } = world(paths(1), { ready: 1000 });
    await expect(copy.sendSystem(APP, TOP, 300, () => undefined)).rejects.toMatchObject({
      problems: [{ app: APP, message: "the guest's Nix does not know the system it runs: error: not valid" }],
    });
  });

  test('a guest without Nix', async () => {
    const { copy } = world(paths(1), { directory: '/elsewhere/' });
    await expect(copy.sendSystem(APP, TOP, 300, () => undefined)).rejects.toMatchObject({
      problems: [{ message: 'there is no Nix in the guest', hint: expect.stringContaining('nix.enable') }],
    });
  });

  test.each([
    [{ to: failed('error: no space left'), from: failed('error: broken pipe') }, 'error: no space left'],
    [{ to: failed('error: no space left') }, 'error: no space left'],
    [{ from: failed('error: path is gone') }, 'error: path is gone'],
    [{ from: { exitCode: null, stderr: '' } }, 'nothing was said'],
  ])('a stream with a failing side, three times: %j', async (ends, words) => {
    const { sent, copy } = world(paths(1), ends);
    await expect(copy.sendSystem(APP, TOP, 300, () => undefined)).rejects.toMatchObject({
      problems: [{ message: `sending the system broke off: ${words}` }],
    });
    expect(sent).toHaveLength(3);
  });

  test('it is made without its init, which its image does not have yet', () => {
    const { copy, shared } = world([]);
    expect(copy.bootstrap(APP)).toEqual({ config: { 'security.nesting': 'true' }, devices: {} });
    expect(copy.instance(APP)).toEqual({ config: shared.instance(APP).config, devices: {} });
    expect(shared.bootstrap(APP)).toEqual(shared.instance(APP));
  });
});
