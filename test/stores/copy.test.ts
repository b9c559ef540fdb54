import { describe, expect, test } from '@jest/globals';
import { openStores } from '../../src/stores/stores.js';
import { GUEST_PATH } from '../../src/domain/guest-path.js';
import type { AppName, StorePath } from '../../src/domain/names.js';
import type { GuestResult, Incus } from '../../src/domain/services.js';
import type { Command, Exec, Pipe, Piped } from '../../src/lib/program.js';
import type { Amount } from '../../src/lib/progress.js';

const APP = 'box' as AppName;
const TOP = '/nix/store/zzz-system' as StorePath;
const ok = (stdout = ''): GuestResult => ({ exitCode: 0, stdout, stderr: '' });

type Given = { directory?: string; ready?: number; piped?: Partial<Piped>; breaks?: number };

/** A host with `closure`, a guest whose Nix is in `directory` and that has none of it; what both were asked. */
function world(closure: readonly string[], { directory = '', ready = 0, piped, breaks }: Given = {}) {
  const asked: (readonly string[])[] = [];
  const sent: Command[][] = [];
  let looks = 0;
  const query = (_: string, command: readonly string[]) => {
    asked.push(command);
    const [program = '', flag, ...paths] = command;
    if (program !== `${directory}nix-store`) return Promise.resolve({ ...ok(), exitCode: 127 });
    if (flag === '--check-validity' && paths[0] === '/run/current-system' && looks++ < ready)
      return Promise.resolve({ exitCode: 1, stdout: '', stderr: 'error: not valid' });
    return Promise.resolve(ok(paths[0] === '--print-invalid' ? paths.slice(1).join('\n') : ''));
  };
  const incus = { query } as unknown as Incus;
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
  const pipe = (...[from, to, , onBytes]: Parameters<Pipe>) => {
    sent.push([from, to]);
    onBytes?.((from.length - 2) * 1001);
    const isBroken = breaks === undefined || sent.length <= breaks;
    return Promise.resolve({ from: ok(), to: ok(), ...(isBroken ? piped : {}) });
  };
  return { asked, sent, ...openStores('p', incus, exec, pipe) };
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
    expect(sent.flatMap(([from]) => from?.slice(2) ?? [])).toEqual(paths(1250));
    expect(Math.max(...sent.map(([from]) => from?.length ?? 0))).toBe(102);
    // What goes over is a little more than the sizes say.
    const whole = { what: 'system', total: 1_250_000 };
    expect(told[0]).toEqual({ ...whole, done: 100_100 });
    expect(told.slice(-2)).toEqual([{ ...whole, done: 1_250_000 }, null]);
  });

  test.each(['', '/run/current-system/sw/bin/'])("the guest's Nix is found in `%s`", async (directory) => {
    const { sent, copy } = world(paths(1), { directory });
    expect(await copy.sendSystem(APP, TOP, 1000, () => undefined)).toBe('1 path, 1 kB');
    expect(sent[0]?.[1]).toEqual([
      ...['incus', '--project', 'default', 'exec', '-T', '--env', `PATH=${GUEST_PATH}`, 'local:box', '--'],
      `${directory}nix-store`,
      '--import',
    ]);
  });

  test('what a stream that broke has not brought is sent again', async () => {
    const piped = { to: { exitCode: 1, stdout: '', stderr: 'error: unexpected end-of-file' } };
    const { sent, copy } = world(paths(2), { piped, breaks: 2 });
    expect(await copy.sendSystem(APP, TOP, 1000, () => undefined)).toBe('2 paths, 2 kB');
    expect(sent).toHaveLength(3);
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

  const failed = (stderr: string) => ({ exitCode: 1, stdout: '', stderr });
  test.each([
    [{ to: failed('error: no space left'), from: failed('error: broken pipe') }, 'error: no space left'],
    [{ to: failed('error: no space left') }, 'error: no space left'],
    [{ from: failed('error: path is gone') }, 'error: path is gone'],
    [{ from: { exitCode: null, stdout: '', stderr: '' } }, 'nothing was said'],
  ])('a stream with a failing side, three times: %j', async (piped, words) => {
    const { copy } = world(paths(1), { piped });
    await expect(copy.sendSystem(APP, TOP, 300, () => undefined)).rejects.toMatchObject({
      problems: [{ message: `sending the system broke off: ${words}` }],
    });
  });

  test('it is made without its init, which its image does not have yet', () => {
    const { copy, shared } = world([]);
    expect(copy.bootstrap(APP)).toEqual({ config: { 'security.nesting': 'true' }, devices: {} });
    expect(copy.instance(APP)).toEqual({ config: shared.instance(APP).config, devices: {} });
    expect(shared.bootstrap(APP)).toEqual(shared.instance(APP));
  });
});
