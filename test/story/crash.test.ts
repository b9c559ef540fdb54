import { expect, test } from '@jest/globals';
import { freePorts, Story } from './rig.js';
import { isWhole, Walk, type Scenario, type Side } from './walk.js';

/**
 * Something goes wrong with one request of a run, whichever that is; then the next run must bring about what one
 * without trouble does: the same instances, devices, volumes, copies of them, forwarders and profiles, the page, and
 * the data. `PETS_CRASH=all` has every fault at every request, else they take turns.
 */
const DATA = '/var/lib/data';

/** The pet, brought up. */
function web(verb: string, app: string, port: number, page = 'the page', was?: string): Side {
  const set = (story: Story) => {
    story.page('web', page);
    const former = was === undefined ? '' : `was = "${story.name(was)}"\n`;
    const lines = `flake-ref = "./web"\nport = ${port}\nvolumes = { data = "${DATA}" }\nkeep = 2`;
    story.manifest({ [app]: `${former}${lines}` });
  };
  return { verb, set, command: () => ['up'], ends: 0, isHeld: false, pet: { app, port, page } };
}

const nothing: Side = {
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
function ledger(version: string, port: number, migration = 'true'): Side {
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
function ruin(version: string, port: number): Side {
  const migration = 'echo ruined > index.html; rm -f precious; exit 3';
  return { ...ledger(version, port, migration), ends: 3, isHeld: true };
}

/** The manifest says v2, whichever generation serves. */
function byHand(generation: number, port: number): Side {
  const side = ledger('v2', port);
  const command = (story: Story) => ['rollback', story.name('app'), String(generation)];
  return { ...side, verb: `rollback ${generation}`, command, isHeld: generation === 1 };
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'create and destroy',
    sides: ([port = 0]) => [web('create', 'web', port), nothing],
    isSame: false,
    pets: 2,
  },
  {
    name: 'another port',
    sides: ([one = 0, two = 0]) => [web('expose', 'web', one), web('expose', 'web', two)],
    isSame: true,
    pets: 1,
  },
  {
    name: 'upgrade',
    sides: ([port = 0]) => [
      web('upgrade', 'web', port, 'one page'),
      web('upgrade', 'web', port, 'another page'),
    ],
    isSame: true,
    pets: 2,
    reads: true,
  },
  {
    name: 'rename',
    sides: ([port = 0]) => [
      web('rename', 'old', port, 'the page', 'new'),
      web('rename', 'new', port, 'the page', 'old'),
    ],
    isSame: true,
    pets: 2,
  },
  {
    name: 'rollback',
    before: ([port = 0]) => [ledger('v1', port)],
    sides: ([port = 0]) => [ruin('v2', port), ruin('v3', port)],
    isSame: true,
    pets: 3,
  },
  {
    name: 'rollback by hand',
    before: ([port = 0]) => [ledger('v1', port), ledger('v2', port)],
    sides: ([port = 0]) => [byHand(1, port), byHand(2, port)],
    isSame: true,
    pets: 1,
  },
];

const SHARES = SCENARIOS.flatMap((scenario) =>
  Array.from({ length: scenario.pets }, (_, share) => ({ ...scenario, share })),
);

test.concurrent.each(SHARES)(
  '$name, share $share',
  async ({ share, ...scenario }) => {
    const walk = new Walk(scenario, share, await freePorts(2));
    try {
      await walk.clean();
      expect(await walk.faulted()).toEqual([]);
    } finally {
      await walk.end();
    }
  },
  isWhole ? 7_200_000 : 900_000,
);
