import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';

/** A system that lacks what most have: no /etc/NIXOS, by which Incus knows where its programs are, and no tmpfiles. */
const SYSTEM = `
  standIn.marker = false;
  standIn.tmpfiles = false;
  environment.systemPackages = [ pkgs.hello ];
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    script = "cat $CREDENTIALS_DIRECTORY/token >> $STATE_DIRECTORY/seen; exec sleep infinity";
    serviceConfig = { DynamicUser = true; StateDirectory = "keeper"; LoadCredential = "token"; };
  };`;
const PRIVATE = '/var/lib/private';

const story = new Story('bare');
const app = story.name('app');

beforeAll(async () => {
  story.plainFlake('app', SYSTEM);
  story.write('token', 'one\n');
  story.manifest({
    app: `flake-ref = "./app"\nvolumes = { data = "${PRIVATE}/keeper" }\nsecrets.token = { file = "./token" }`,
  });
  await story.ok(['up']);
});
afterAll(() => story.cleanUp());

test('it lacks them', async () => {
  const looked = await story.inside(
    'app',
    'sh',
    '-c',
    'ls /etc/NIXOS 2>&1; systemctl is-active systemd-tmpfiles-setup; true',
  );
  expect(looked).toMatch(/No such file[^]*inactive/);
});

test("a volume below what is systemd's alone is no reason to refuse it", async () => {
  expect(await story.inside('app', 'stat', '-c', '%a', PRIVATE)).toBe('700');
  expect(await story.inside('app', 'cat', `${PRIVATE}/keeper/seen`)).toBe('one');
});

describe('a command', () => {
  test('is found in the system that runs', async () => {
    const { code, stdout } = await story.pets(['exec', app, '--', 'hello']);
    expect([code, stdout]).toEqual([0, 'Hello, world!\n']);
  });

  test('is found in a shell', async () => {
    expect((await story.pets(['shell', app])).code).toBe(0);
  });
});

test('secrets, logs and a switch need no more', async () => {
  story.write('token', 'two\n');
  await story.ok(['up']);
  expect(await story.inside('app', 'cat', `${PRIVATE}/keeper/seen`)).toBe('one\ntwo');
  story.plainFlake('app', `${SYSTEM} environment.etc.new.text = "new";`);
  await story.ok(['up']);
  expect(await story.inside('app', 'cat', '/etc/new')).toBe('new');
  const { stdout } = await story.ok(['logs', '--json', app]);
  expect(stdout).toContain('keeper.service');
});

test('the activation of an older release has its folders', async () => {
  const folders = ['gcroots', 'profiles'].map((name) => `/nix/var/nix/${name}/per-user`);
  const { code, stderr } = await story.pets([
    ...['exec', app, '--', 'install', '-m', '0755', '-d', ...folders],
  ]);
  expect([code, stderr]).toEqual([0, '']);
});
