import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, Story } from './rig.js';
import { PORT, STATE, tableOf, wholeSystem } from './whole-system.js';

const shared = new Story('whole');
const copy = new Story('whole-copy');

const pageOf = (story: Story) =>
  story.inside('home', 'busybox', 'wget', '-q', '-O', '-', `http://127.0.0.1:${PORT}/`);
const failedIn = (story: Story) =>
  story.inside('home', 'systemctl', 'list-units', '--failed', '--plain', '--no-legend');

function set(story: Story, table: string): void {
  story.write('key', 'first key\n');
  story.manifest({ home: table });
}

afterAll(async () => {
  await shared.cleanUp();
  await copy.cleanUp();
});

describe('a system that was made for an image of Incus', () => {
  const home = shared.name('home');
  const exec = (...command: readonly string[]) => shared.ok(['exec', home, '--', ...command]);
  const logOut = () => exec('sh', '-c', `rm ${STATE}/login; systemctl restart login; true`);

  /** The manifest is in the flake's repository, as the flake of all machines and its secrets are. */
  beforeAll(async () => {
    wholeSystem(shared, { says: 'v1' });
    set(shared, tableOf());
    await must('git', ['init', '--quiet', shared.folder]);
    await must('git', ['-C', shared.folder, 'add', 'flake.nix', 'home.nix', 'key', 'pets.toml']);
  });

  test('is told of a unit that has never worked, and is left to be logged in to', async () => {
    const up = await shared.pets(['up']);
    expect([up.code, up.stderr]).toEqual([1, expect.stringContaining('login.service failed')]);
    await exec('touch', `${STATE}/login`);
    await exec('systemctl', 'restart', 'login');
    await shared.ok(['up']);
    expect(await failedIn(shared)).toBe('');
  });

  test('serves on its loopback, with its secret, and nothing leads there from outside', async () => {
    expect(await pageOf(shared)).toBe('v1, first key');
    const [instance] = await shared.instances();
    const kinds = Object.values(instance?.devices ?? {}).map(({ type }) => type);
    expect(kinds.sort()).toEqual(['disk', 'disk', 'disk', 'unix-char']);
  });

  test('bears its name in the manifest', async () => {
    expect(await shared.inside('home', 'uname', '-n')).toBe(home);
  });

  test('gets another secret, which is no change of its source', async () => {
    shared.write('key', 'second key\n');
    const { stderr } = await shared.ok(['up']);
    expect(stderr).not.toContain('evaluating');
    expect(await pageOf(shared)).toBe('v1, second key');
  });

  test('cleans no store that is not its own, and does not fail for it', async () => {
    await exec('systemctl', 'start', 'nix-gc');
    expect(await failedIn(shared)).toBe('');
    const result = await shared.inside('home', 'systemctl', 'show', 'nix-gc', '--property=ConditionResult');
    expect(result).toBe('ConditionResult=no');
  });

  test('is upgraded and rolled back, and keeps what it has in its volume', async () => {
    wholeSystem(shared, { says: 'v2' });
    await shared.ok(['up']);
    expect(await pageOf(shared)).toBe('v2, second key');
    await shared.ok(['rollback', home]);
    expect(await pageOf(shared)).toBe('v1, second key');
    expect(await failedIn(shared)).toBe('');
  });

  test('is upgraded with a warning when a unit fails that has failed before', async () => {
    await logOut();
    expect(await failedIn(shared)).toContain('login.service');
    wholeSystem(shared, { says: 'v3' });
    const { stderr } = await shared.ok(['up']);
    expect(stderr).toMatch(/warning.*login\.service/);
    expect(await pageOf(shared)).toBe('v3, second key');
  });

  test('is taken back when another one fails', async () => {
    wholeSystem(shared, {
      says: 'v4',
      more: 'systemd.services.other = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/false"; };',
    });
    const up = await shared.pets(['up']);
    expect([up.code, up.stderr]).toEqual([3, expect.stringContaining('other.service')]);
    expect(await pageOf(shared)).toBe('v3, second key');
  });
});

describe('the same in a store of its own', () => {
  const home = copy.name('home');
  /** The generation that boots, and the one that pets has on record. */
  const generations = async () => {
    const [instance] = await copy.instances();
    const { generation } = JSON.parse(instance?.config['user.pets.applied'] ?? '{}') as {
      generation: number;
    };
    const link = await copy.inside('home', 'readlink', '/nix/var/nix/profiles/system');
    return [link, `system-${generation}-link`];
  };

  beforeAll(async () => {
    set(copy, `${tableOf('./home')}\nstore = "copy"`);
    for (const says of ['v1', 'v2']) {
      wholeSystem(copy, { folder: 'home', says, login: false });
      await copy.ok(['up']);
    }
  });

  test('cleans it, and what it can be rolled back to stays', async () => {
    await copy.ok(['exec', home, '--', 'systemctl', 'start', 'nix-gc']);
    const result = await copy.inside(
      'home',
      'systemctl',
      'show',
      'nix-gc',
      '--property=Result,ConditionResult',
    );
    expect(result.split('\n').sort()).toEqual(['ConditionResult=yes', 'Result=success']);
    await copy.ok(['rollback', home]);
    expect(await pageOf(copy)).toBe('v1, first key');
  });

  test('makes no generation when it boots', async () => {
    await copy.ok(['restart', home]);
    const [boots, recorded] = await generations();
    expect(boots).toBe(recorded);
  });
});
