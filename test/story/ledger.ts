import { readlinkSync } from 'node:fs';
import { freePorts, get, PROFILES, Story, type StoryOptions } from './rig.js';

export const DATA = '/var/lib/ledger';

/**
 * A service that keeps rows in its volume, and does `migration` before it serves them. `more`: of its unit; `besides`: of
 * its system.
 */
export function ledger(story: Story, version: string, migration = 'true', more = '', besides = ''): void {
  const steps = [
    `cd ${DATA}`,
    `echo ${version} >> versions`,
    'test -f index.html || echo row 1 > index.html',
    migration,
    `exec \${pkgs.busybox}/bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`,
  ];
  story.plainFlake(
    'ledger',
    `systemd.services.ledger = {
       wantedBy = [ "multi-user.target" ];
       environment.VERSION = "${version}";
       serviceConfig.ExecStart = "/bin/sh -c '${steps.join('; ')}'";
       ${more}
     };
     ${besides}`,
  );
}

/** What a pet is, as far as a rollback is about it. */
export async function stateOf(story: Story) {
  const [instance] = await story.instances();
  const { config = {}, devices = {} } = instance ?? {};
  const proxies = Object.entries(devices).filter(([, device]) => device['type'] === 'proxy');
  const directory = `${PROFILES}/${story.project}/${story.name('app')}`;
  return {
    applied: config['user.pets.applied'],
    state: config['user.pets.state'],
    proxies: proxies.map(([, { listen }]) => listen).sort(),
    disks: Object.entries(devices).filter(([, device]) => device['type'] === 'disk'),
    memory: config['limits.memory'],
    profile: readlinkSync(`${directory}/${readlinkSync(`${directory}/system`)}`),
  };
}

const HEALTH = '{ path = "/", timeout = "8s" }';

/** Version 1 of the ledger serves two rows, on a port of its own. */
export function servingLedger(name: string, options: StoryOptions = {}) {
  const story = new Story(name, options);
  let port = 0;
  const manifest = (lines = '', { health = HEALTH, at = port } = {}) => {
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${at}\nvolumes = { data = "${DATA}" }\nhealth = ${health}\n${lines}`,
    });
  };
  const rows = async (at = port) => (await get(at))?.body;
  const write = (row: string) => story.inside('app', 'sh', '-c', `echo ${row} >> ${DATA}/index.html`);
  const versions = async () => (await story.inside('app', 'cat', `${DATA}/versions`)).split('\n');
  const setUp = async () => {
    [port = 0] = await freePorts(1);
    ledger(story, 'v1');
    manifest();
    await story.ok(['up']);
    await write('row 2');
  };
  return { story, manifest, rows, write, versions, setUp };
}
