import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, recorder, ROOT, standIn, Story, until } from './rig.js';

/**
 * The units of host/module.nix with the real program, under a real systemd: a pet plays the host. The daemon of Incus and
 * that of Nix are this machine's; what it takes to call them is on the units' path, or is not there at all.
 */
describe('the units of a host, and an app with a store of its own', () => {
  const story = new Story('hostcopy');
  let incus: Awaited<ReturnType<typeof recorder>>;
  let nixDaemon: ChildProcess;

  /** An app's flake as an archive, which the box serves to itself: what is remote is pinned, and moves. */
  const inner = async (note: string) => {
    story.plainFlake('inner', `environment.etc."note".text = "${note}";`);
    await must('tar', ['-czf', join(story.folder, 'manifest/inner.tar.gz'), '-C', story.folder, 'inner']);
  };
  const start = async (unit: string) => {
    const { code } = await story.ran('box', 'systemctl', 'start', unit);
    if (code !== 0) throw new Error(await story.inside('box', 'journalctl', '-o', 'cat', '-u', unit));
  };
  const settled = async (unit: string) => {
    const shown = await story.inside('box', 'systemctl', 'show', unit, '--property=ActiveState,Result');
    return Object.fromEntries(shown.split('\n').map((line) => line.split('=') as [string, string]));
  };

  beforeAll(async () => {
    incus = await recorder();
    mkdirSync(join(story.folder, 'nix'));
    nixDaemon = await startNixDaemon(join(story.folder, 'nix/socket'));
    story.write('manifest/serve.cjs', SERVER);
    await inner('the first note');
    story.write(
      'manifest/pets.toml',
      `project = "${story.project}-inner"
[defaults]
nixpkgs = "path:/srv/nixpkgs"
health = false
[apps.${story.name('inner')}]
flake-ref = "http://127.0.0.1:${SERVED_AT}/inner.tar.gz"
store = "copy"
update = { auto = true, schedule = "*:*:0/1" }
`,
    );
    for (const file of ['host/module.nix', 'test/host/options.nix'])
      cpSync(join(ROOT, file), join(story.folder, 'box', file));
    story.plainFlake('box', boxOf('/srv/manifest/pets.toml'));
    const binds = [
      `${dirname(incus.socket)}:/srv/incus`,
      './nix:/srv/nix',
      './manifest:/srv/manifest',
      `${standIn().replace(/^path:/, '')}:/srv/nixpkgs:ro`,
      `${ROOT}:/srv/pets:ro`,
      `${dirname(process.execPath)}:/srv/node:ro`,
    ];
    story.manifest({ box: `flake-ref = "./box"\nbinds = ${JSON.stringify(binds)}` });
    await story.ok(['up']);
  });
  afterAll(async () => {
    await story.cleanUp();
    await incus.close();
    nixDaemon.kill();
  });

  test('pets-up brings it up: builds, sends the system, switches to it', async () => {
    await start('pets-up');
    expect(await settled('pets-up')).toEqual({ ActiveState: 'active', Result: 'success' });
    expect(await story.inside('inner', 'cat', '/etc/note')).toBe('the first note');
    const made = (await story.instances()).find(({ name }) => name === story.name('inner'));
    expect(made?.devices).toEqual({});
  });

  test('pets-update brings the next version of it', async () => {
    const updated = { ActiveState: 'inactive', Result: 'success' };
    await inner('the second note');
    await start('pets-update');
    expect(await settled('pets-update')).toEqual(updated);
    // Seen for the first time: its time is yet to come.
    expect(await story.inside('inner', 'cat', '/etc/note')).toBe('the first note');
    await start('pets-update');
    expect(await settled('pets-update')).toEqual(updated);
    expect(await story.inside('inner', 'cat', '/etc/note')).toBe('the second note');
  });
});

/** In the box, which has a network of its own. */
const SERVED_AT = 8088;
const SERVER = `
  require('node:http')
    .createServer((request, reply) => reply.end(require('node:fs').readFileSync(__dirname + '/inner.tar.gz')))
    .listen(${SERVED_AT}, '127.0.0.1');
`;

/** It ends with this process, however that ends. */
async function startNixDaemon(socket: string): Promise<ChildProcess> {
  const env = { ...process.env, NIX_DAEMON_SOCKET_PATH: socket };
  const daemon = spawn('setpriv', ['--pdeathsig', 'KILL', 'nix-daemon'], { env, stdio: 'ignore' });
  await until(() => existsSync(socket) || daemon.exitCode !== null, { what: 'nix-daemon does not listen' });
  if (daemon.exitCode !== null) throw new Error(`nix-daemon: exit ${daemon.exitCode}`);
  return daemon;
}

/** Programs stand where only those find them who name the whole path. */
function boxOf(manifest: string): string {
  return `
    imports = [ ./host/module.nix ./test/host/options.nix ];
    services.pets = {
      enable = true;
      manifest = "${manifest}";
      update.enable = true;
      package = pkgs.writeShellScriptBin "pets" "exec /srv/node/node /srv/pets/dist/pets.cjs \\"$@\\"";
    };
    systemd.services = {
      served = {
        wantedBy = [ "multi-user.target" ];
        serviceConfig.ExecStart = "/srv/node/node /srv/manifest/serve.cjs";
      };
    } // lib.genAttrs [ "pets-up" "pets-update" ] (_: {
      wantedBy = lib.mkForce [ ];
      environment = { INCUS_SOCKET = "/srv/incus/incus.socket"; NIX_REMOTE = "unix:///srv/nix/socket"; };
    });
    systemd.timers.pets-update.wantedBy = lib.mkForce [ ];
    # The profiles of a pet are read-only in it.
    systemd.tmpfiles.rules = lib.mkForce [ ];`;
}
