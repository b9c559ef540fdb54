import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, Story, until } from './rig.js';

/** What src/ runs by name, and what Nix runs for refs with ssh; git comes with the package. */
const PROGRAMS = ['nix', 'nix-store', 'nix-instantiate', 'ssh'];

// Notes that it was called, and which of pets' programs it finds; ends as the next line of /srv/ends says, without one
// with 1. `drain`: what it has begun ends only after the stop has been heard.
const PROGRAM = `
  echo "$*" >> /srv/calls
  for program in ${PROGRAMS.join(' ')}; do command -v $program; done > /srv/programs
  end=$(head -n 1 /srv/ends)
  sed -i 1d /srv/ends
  if [ "$end" = drain ]; then
    trap "touch /srv/stopping; wait; echo drained >> /srv/calls; exit 143" TERM
    (until test -e /srv/stopping; do sleep 0.1; done; echo built >> /srv/calls) &
    touch /srv/draining
    wait
  fi
  exit "\${end:-1}"
`;

// The units of host/module.nix under a real systemd. No Incus is in there: a program stands in for pets.
describe('pets-up.service', () => {
  const story = new Story('host');
  const systemctl = (...args: readonly string[]) => story.inside('box', 'systemctl', ...args);
  const calls = async () => (await story.inside('box', 'cat', '/srv/calls')).split('\n');

  beforeAll(async () => {
    for (const file of ['host/module.nix', 'test/host/options.nix'])
      cpSync(join(ROOT, file), join(story.folder, 'box', file));
    story.write('box/pets.sh', PROGRAM);
    story.plainFlake(
      'box',
      `imports = [ ./host/module.nix ./test/host/options.nix ];
       services.pets = {
         enable = true;
         manifest = "/srv/100% \\"mine\\"/pets.toml";
         package = pkgs.writeShellScriptBin "pets" (builtins.readFile ./pets.sh);
       };
       systemd.services.pets-up.wantedBy = lib.mkForce [ ];
       systemd.services.pets-up.serviceConfig.RestartSec = lib.mkForce "100ms";
       # The profiles of a pet are read-only in it.
       systemd.tmpfiles.rules = lib.mkForce [ ];`,
    );
    story.manifest({ box: 'flake-ref = "./box"' });
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  /** Starts the unit afresh, and what systemd says of it when it has come to rest. */
  async function start(...ends: readonly string[]): Promise<Record<string, string>> {
    await systemctl('stop', 'pets-up');
    await systemctl('reset-failed');
    await story.inside('box', 'sh', '-c', `: > /srv/calls; printf '%s\n' "$@" > /srv/ends`, 'sh', ...ends);
    await systemctl('start', '--no-block', 'pets-up');
    const ended = async () => {
      const now = await state();
      return (now['ActiveState'] === 'active' || now['ActiveState'] === 'failed') && now;
    };
    return until(ended, { what: 'pets-up does not end' });
  }

  async function state(): Promise<Record<string, string>> {
    const shown = await systemctl('show', 'pets-up', '--property=ActiveState,SubState,Result,NRestarts');
    return Object.fromEntries(shown.split('\n').map((line) => line.split('=') as [string, string]));
  }

  test('is tried again until the daemon and the addresses are there', async () => {
    expect(await start('69', '65', '0')).toMatchObject({ ActiveState: 'active', SubState: 'exited' });
    const call = 'up --file /srv/100% "mine"/pets.toml --no-input --progress plain --lock-wait 30m';
    expect(await calls()).toEqual([call, call, call]);
  });

  test('has on its path what pets runs', async () => {
    await start('0');
    const found = (await story.inside('box', 'cat', '/srv/programs')).split('\n');
    expect(found.map((path) => path.split('/').at(-1))).toEqual(PROGRAMS);
  });

  test('is not tried again after a rollback', async () => {
    expect(await start('3')).toMatchObject({ ActiveState: 'failed', NRestarts: '0' });
    expect(await calls()).toHaveLength(1);
  });

  test('is not tried for ever', async () => {
    expect(await start()).toMatchObject({ ActiveState: 'failed' });
    expect(await calls()).toHaveLength(20);
  });

  test('a stop lets it end what it has begun', async () => {
    await systemctl('stop', 'pets-up');
    await systemctl('reset-failed');
    await story.inside(
      'box',
      'sh',
      '-c',
      ': > /srv/calls; echo drain > /srv/ends; rm -f /srv/draining /srv/stopping',
    );
    await systemctl('start', '--no-block', 'pets-up');
    await story.inside('box', 'sh', '-c', 'until test -e /srv/draining; do sleep 0.1; done');
    await systemctl('stop', 'pets-up');
    expect(await state()).toMatchObject({ ActiveState: 'inactive', Result: 'success' });
    expect((await calls()).slice(1)).toEqual(['built', 'drained']);
  });
});
