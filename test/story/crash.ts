import { expect, test } from '@jest/globals';
import { isWhole } from '../sample.js';
import { freePorts, type Story } from './rig.js';
import { Walk, type Scenario, type Side } from './walk.js';

const DATA = '/var/lib/data';

/** The pet, brought up. */
export function web(verb: string, app: string, port: number, page = 'the page', was?: string): Side {
  const set = (story: Story) => {
    story.page('web', page);
    const former = was === undefined ? '' : `was = "${story.name(was)}"\n`;
    const lines = `flake-ref = "./web"\nport = ${port}\nvolumes = { data = "${DATA}" }\nkeep = 2`;
    story.manifest({ [app]: `${former}${lines}` });
  };
  return { verb, set, command: () => ['up'], ends: 0, isHeld: false, pet: { app, port, page } };
}

export const nothing: Side = {
  verb: 'destroy',
  set: (story) => {
    story.manifest({});
  },
  command: () => ['up', '--prune'],
  ends: 0,
  isHeld: false,
  pet: null,
};

/** A service that serves rows from its volume, once `migration` is done. */
export function ledger(version: string, port: number, migration = 'true'): Side {
  const steps = [
    `cd ${DATA}`,
    'test -f index.html || echo rows > index.html',
    migration,
    `exec /bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`,
  ];
  const service = `systemd.services.ledger = {
    wantedBy = [ "multi-user.target" ];
    environment.VERSION = "${version}";
    serviceConfig.ExecStart = "/bin/sh -c '${steps.join('; ')}'";
  };`;
  const set = (story: Story) => {
    story.plainFlake('ledger', service);
    story.manifest({
      app: `flake-ref = "./ledger"\nport = ${port}\nvolumes = { data = "${DATA}" }\nkeep = 2\nhealth = { path = "/", timeout = "30s" }`,
    });
  };
  const pet = { app: 'app', port, page: 'rows' };
  return { verb: version, set, command: () => ['up'], ends: 0, isHeld: false, pet };
}

/** Never healthy, and its data is ruined by then. */
export function ruin(version: string, port: number): Side {
  const migration = 'echo ruined > index.html; rm -f precious; exit 3';
  return { ...ledger(version, port, migration), ends: 3, isHeld: true };
}

/** The manifest says v2, whichever generation serves. */
export function byHand(generation: number, port: number): Side {
  const side = ledger('v2', port);
  const command = (story: Story) => ['rollback', story.name('app'), String(generation)];
  return { ...side, verb: `rollback ${generation}`, command, isHeld: generation === 1 };
}

/**
 * Something goes wrong with one request of a run, whichever that is; then the next run must bring about what one
 * without trouble does: the same instances, devices, volumes, copies of them, forwarders and profiles, the page, and
 * the data. In a whole run several pets share the work, side by side.
 */
export function testCrashes(scenario: Scenario): void {
  const pets = isWhole ? scenario.pets : 1;
  const shares = Array.from({ length: pets }, (_, share) => ({ ...scenario, pets, share }));
  test.concurrent.each(shares)(
    '$name, share $share',
    async ({ share, ...shared }) => {
      const walk = new Walk(shared, share, await freePorts(2));
      try {
        await walk.clean();
        expect(await walk.faulted()).toEqual([]);
      } finally {
        await walk.end();
      }
    },
    isWhole ? 14_400_000 : 1_800_000,
  );
}
