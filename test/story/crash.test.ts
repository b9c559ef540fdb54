import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { FAULTS, FaultyDaemon, type Fault, type Request } from './faults.js';
import { freePorts, get, must, Story } from './rig.js';

/**
 * Something goes wrong with one request of a run, whichever that is; then the next `up` must bring about what a run
 * without trouble does: the same instances, devices, volumes, forwarders and profiles, the page, and the data.
 * `PETS_CRASH=all` has every fault at every request, else they take turns.
 */
const isWhole = process.env['PETS_CRASH'] === 'all';

/** What the manifest wants, and what it is then to look like. Each scenario goes to and fro between two. */
type Side = {
  readonly verb: string;
  readonly set: (story: Story) => void;
  readonly args: readonly string[];
  readonly pet: { readonly app: string; readonly port: number; readonly page: string } | null;
};
type Scenario = {
  readonly name: string;
  readonly sides: (story: Story, ports: readonly number[]) => readonly [Side, Side];
  /** Whether the way back is the same kind of change, so that half of the faults may strike there. */
  readonly isSame: boolean;
  /** Whether requests that only read are struck too. */
  readonly reads?: true;
  /** So many pets share the work, side by side. */
  readonly pets: number;
};
type Case = Request & { readonly fault: Fault };

/** The pet, brought up. */
function web(verb: string, app: string, port: number, page = 'the page', was?: string): Side {
  const set = (story: Story) => {
    story.page('web', page);
    const former = was === undefined ? '' : `was = "${story.name(was)}"\n`;
    const lines = `flake-ref = "./web"\nport = ${port}\nvolumes = { data = "/var/lib/data" }`;
    story.manifest({ [app]: `${former}${lines}` });
  };
  return { verb, set, args: [], pet: { app, port, page } };
}

const nothing: Side = {
  verb: 'destroy',
  set: (story) => {
    story.manifest({});
  },
  args: ['--prune'],
  pet: null,
};

// One that ends in a rollback belongs here too: sides of which one never becomes healthy.
const SCENARIOS: readonly Scenario[] = [
  {
    name: 'create and destroy',
    sides: (_, [port = 0]) => [web('create', 'web', port), nothing],
    isSame: false,
    pets: 2,
  },
  {
    name: 'another port',
    sides: (_, [one = 0, two = 0]) => [web('expose', 'web', one), web('expose', 'web', two)],
    isSame: true,
    pets: 1,
  },
  {
    name: 'upgrade',
    sides: (_, [port = 0]) => [
      web('upgrade', 'web', port, 'one page'),
      web('upgrade', 'web', port, 'another page'),
    ],
    isSame: true,
    pets: 1,
    reads: true,
  },
  {
    name: 'rename',
    sides: (_, [port = 0]) => [
      web('rename', 'old', port, 'the page', 'new'),
      web('rename', 'new', port, 'the page', 'old'),
    ],
    isSame: true,
    pets: 2,
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

class Walk {
  readonly #story = new Story('crash');
  readonly #daemon = new FaultyDaemon();
  readonly #scenario: Scenario;
  readonly #share: number;
  readonly #sides: readonly [Side, Side];
  readonly #requests = new Map<Side, readonly Request[]>();
  /** What there is after a run without trouble. */
  readonly #clean = new Map<Side, unknown>();
  #hasData = false;

  constructor(scenario: Scenario, share: number, ports: readonly number[]) {
    this.#scenario = scenario;
    this.#share = share;
    this.#sides = scenario.sides(this.#story, ports);
    this.#story.flake('web');
  }

  /** To each side twice, the first time from nothing at all: a volume is made only then. */
  async clean(): Promise<void> {
    await this.#daemon.listen();
    for (const side of [...this.#sides, ...this.#sides]) {
      this.#daemon.expect(null);
      side.set(this.#story);
      await this.#story.ok(['up', ...side.args], { INCUS_SOCKET: this.#daemon.socket });
      const { writes, reads } = this.#daemon;
      const first = reads.filter(({ nth }) => isWhole || nth === 1);
      if (!this.#requests.has(side) || this.#scenario.isSame)
        this.#requests.set(side, this.#scenario.reads ? [...writes, ...first] : writes);
      await this.#keepData(side);
      this.#clean.set(side, await this.#shape());
    }
  }

  /** One fault after the other, on the way from side to side: what went wrong for good. */
  async faulted(): Promise<string[]> {
    const [first, second] = this.#sides;
    const queues = new Map([
      [first, this.#casesOf(first, 0)],
      [second, this.#casesOf(second, 1)],
    ]);
    const wrong: string[] = [];
    for (let n = 0; [...queues.values()].some((queue) => queue.length > 0); n++) {
      const side = n % 2 === 0 ? first : second;
      const next = queues.get(side)?.shift();
      if (next?.name.startsWith('POST /1.0/storage-pools/')) await this.#forgetVolume();
      const error = await this.#to(side, next).then(
        () => null,
        (thrown: unknown) => String(thrown),
      );
      if (error !== null) wrong.push(this.#tell(side, next, error));
    }
    return wrong;
  }

  async end(): Promise<void> {
    await this.#daemon.close();
    await this.#story.cleanUp();
  }

  /** Each request at least once, and each fault. `half`: which, where both ways are the same. */
  #casesOf(side: Side, half: number): Case[] {
    const requests = this.#requests.get(side) ?? [];
    const count = isWhole ? requests.length * FAULTS.length : Math.max(requests.length, FAULTS.length);
    const cases = Array.from({ length: count }, (_, n): Case => {
      const turn = isWhole ? Math.floor(n / requests.length) : n;
      const request = at(requests, n);
      return { ...request, fault: at(faultsOf(request), turn) };
    });
    const { isSame, pets } = this.#scenario;
    return cases.filter((_, n) => Math.floor(n / 2) % pets === this.#share && (!isSame || n % 2 === half));
  }

  async #to(side: Side, struck: Case | undefined): Promise<void> {
    side.set(this.#story);
    if (struck) await this.#strike(side, struck);
    await this.#story.ok(['up', ...side.args]);
    await this.#story.ok(['diff', '--exit-code', ...side.args]);
    await this.#keepData(side);
    expect(await this.#shape()).toEqual(this.#clean.get(side));
  }

  async #strike({ args }: Side, { name, nth, fault }: Case): Promise<void> {
    const { child, ended } = this.#story.start(['up', ...args], { INCUS_SOCKET: this.#daemon.socket });
    this.#daemon.expect({ name, nth, fault, kill: () => child.kill('SIGKILL') });
    const { code, stderr } = await ended;
    // How often something is waited for or asked is different each time.
    if (!this.#daemon.struck && !/^GET |exec/.test(name)) throw new Error(`it was not struck:\n${stderr}`);
    const isExpected = (this.#daemon.struck ? endsOf(fault) : [0]).includes(code);
    if (!isExpected || stderr.includes('bug in pets')) throw new Error(`exit ${String(code)}\n${stderr}`);
  }

  /** Written once for each volume, and there ever after. */
  async #keepData({ pet }: Side): Promise<void> {
    if (!pet) return;
    expect((await get(pet.port))?.body).toBe(pet.page);
    const file = '/var/lib/data/precious';
    if (!this.#hasData) await this.#story.inside(pet.app, 'sh', '-c', `echo data > ${file}`);
    this.#hasData = true;
    expect(await this.#story.file(pet.app, file)).toBe('data');
  }

  async #forgetVolume(): Promise<void> {
    const [first] = this.#sides;
    const name = `${this.#story.name(first.pet?.app ?? '')}/data`;
    await this.#story.ok(['volume', 'rm', name, '--confirm', name]);
    this.#hasData = false;
  }

  /** All that there is of the project, as far as it is the same after each run. */
  async #shape() {
    const [instances, volumes, operations, forwarders] = await Promise.all([
      this.#story.instances(),
      this.#story.volumes(),
      must('incus', ['query', '/1.0/operations?recursion=1']),
      must('ps', ['-eo', 'args']),
    ]);
    const ports = this.#sides.flatMap(({ pet }) => pet?.port ?? []);
    // Nothing is printed where there is none.
    const { running = [] } = JSON.parse(operations || '{}') as { running?: readonly object[] };
    return {
      instances: instances.map(({ name, status, config, devices }) => ({
        ...{ name, status },
        config: Object.keys(config)
          .filter((key) => !key.startsWith('volatile.'))
          .sort(),
        devices: Object.values(devices)
          .map((value) => JSON.stringify(value))
          .sort(),
      })),
      volumes: volumes.map(({ name, config }) => ({ name, app: config['user.pets.app'] })),
      running: running.filter((operation) => JSON.stringify(operation).includes(this.#story.project)),
      forwarders: forwarders
        .split('\n')
        .filter((line) => / forkproxy /.test(line))
        .flatMap((line) => ports.filter((port) => line.includes(`127.0.0.1:${port} `))),
      profiles: readdirSync('/nix/var/nix/profiles/per-pet').includes(this.#story.project)
        ? readdirSync(`/nix/var/nix/profiles/per-pet/${this.#story.project}`)
        : [],
    };
  }

  #tell({ verb }: Side, struck: Case | undefined, error: string): string {
    const what = struck ? `${struck.fault} at \`${struck.name}\` (${struck.nth})` : 'no fault';
    return `${verb}, ${what}: ${error}`.replaceAll(`${this.#story.project}-`, '');
  }
}

/** A read is never refused for what it would change. */
function faultsOf({ name }: Request): readonly Fault[] {
  return name.startsWith('GET ') ? FAULTS.filter((f) => f !== 'busy' && f !== '412') : FAULTS;
}

/** Exit codes. What passes by itself is waited for: only what the daemon refuses for good may fail the run. */
function endsOf(fault: Fault): readonly (number | null)[] {
  if (fault.startsWith('kill')) return [null];
  return fault === '500' ? [0, 1] : [0];
}

function at<T>(list: readonly T[], n: number): T {
  const found = list[n % list.length];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}
