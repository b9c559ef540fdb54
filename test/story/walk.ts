import { expect } from '@jest/globals';
import { ENDS, FAULTS, FaultyDaemon, type Fault, type Request } from './faults.js';
import { isDrawn, isWhole, sampleOf, SEED } from '../sample.js';
import { get, Story, type Result } from './rig.js';
import { shapeOf } from './shape.js';

/** A whole run strikes every request with every fault, a sample some of the requests with one fault each. */
const PARTS = 16;

/** What the manifest wants, and what it is then to look like. */
export type Side = {
  readonly verb: string;
  readonly set: (story: Story) => void;
  /** What is struck, and then done once more. */
  readonly command: (story: Story) => readonly string[];
  /** Its exit code when nothing goes wrong. */
  readonly ends: 0 | 3;
  /** Whether `up` then leaves an older generation to serve. */
  readonly isHeld: boolean;
  readonly pet: { readonly app: string; readonly port: number; readonly page: string } | null;
};
export type Scenario = {
  readonly name: string;
  /** Brought about once, before anything else. */
  readonly before?: (ports: readonly number[]) => readonly Side[];
  /** Then it goes to and fro between two. */
  readonly sides: (ports: readonly number[]) => readonly [Side, Side];
  /** Whether the way back is the same kind of change, so that half of the faults may strike there. */
  readonly isSame: boolean;
  /** Whether requests that only read are struck too. */
  readonly reads?: true;
  /** Only stops are struck, all of them: by guests that end by themselves. */
  readonly stops?: true;
  /** So many pets share the work, side by side. */
  readonly pets: number;
};
type Case = Request & { readonly fault: Fault };

/** One pet, and one run after the other in each of which something goes wrong. */
export class Walk {
  readonly #story = new Story('crash');
  readonly #daemon = new FaultyDaemon();
  readonly #scenario: Scenario;
  readonly #share: number;
  readonly #before: readonly Side[];
  readonly #sides: readonly [Side, Side];
  readonly #requests = new Map<Side, readonly Request[]>();
  /** What there is after a run without trouble. */
  readonly #clean = new Map<Side, unknown>();
  #hasData = false;
  #rounds = 0;

  constructor(scenario: Scenario, share: number, ports: readonly number[]) {
    this.#scenario = scenario;
    this.#share = share;
    this.#before = scenario.before?.(ports) ?? [];
    this.#sides = scenario.sides(ports);
    this.#story.flake('web');
  }

  /** To each side twice, the first time from nothing at all: a volume is made only then. */
  async clean(): Promise<void> {
    await this.#daemon.listen();
    for (const side of [...this.#before, ...this.#sides, ...this.#sides]) {
      this.#daemon.expect(null);
      side.set(this.#story);
      await this.#done(side, { INCUS_SOCKET: this.#daemon.socket });
      const { writes, reads } = this.#daemon;
      const all = this.#scenario.reads ? [...writes, ...reads] : writes;
      const before = this.#requests.get(side);
      if (!before || before.some(isOfTrial) || this.#scenario.isSame)
        this.#requests.set(side, all.filter(isWorthIt));
      await this.#settled(side);
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
      if (side.verb === 'create' && next?.name.startsWith('POST /1.0/storage-pools/'))
        await this.#forgetVolume();
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

  /** `half`: which, where both ways are the same. */
  #casesOf(side: Side, half: number): Case[] {
    const requests = this.#requests.get(side) ?? [];
    const { isSame, pets, stops } = this.#scenario;
    if (stops) return endsOfGuests(requests);
    const cases = isWhole ? everyCase(requests) : someCases(requests);
    return cases.filter((_, n) => Math.floor(n / 2) % pets === this.#share && (!isSame || n % 2 === half));
  }

  async #to(side: Side, struck: Case | undefined): Promise<void> {
    side.set(this.#story);
    if (struck) await this.#strike(side, struck);
    await this.#done(side);
    await this.#settled(side);
    expect(await this.#shape()).toEqual(this.#clean.get(side));
  }

  async #strike(side: Side, { name, nth, fault }: Case): Promise<void> {
    const command = side.command(this.#story);
    const { child, ended } = this.#story.start(command, { INCUS_SOCKET: this.#daemon.socket });
    this.#daemon.expect({ name, nth, fault, kill: () => child.kill('SIGKILL') });
    const result = await ended;
    const { code, stderr } = result;
    // How often something is waited for or asked is different each time.
    if (!this.#daemon.struck && !/^GET |exec/.test(name)) throw unexpected('not struck', result);
    const isExpected = (this.#daemon.struck ? endsOf(fault, side) : [side.ends]).includes(code);
    if (!isExpected || stderr.includes('bug in pets')) throw unexpected('struck', result);
    // It says that what was there before serves again.
    const former = this.#sides.find((other) => other !== side)?.pet;
    if (code === 3 && former) expect((await get(former.port))?.body).toBe(former.page);
  }

  /** The command, and nothing goes wrong with it. */
  async #done(side: Side, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const result = await this.#story.pets(side.command(this.#story), env);
    if (result.code !== side.ends) throw unexpected('not struck', result);
  }

  /** There is nothing more to do, and the pet serves its data. What no pet needs any more is taken away. */
  async #settled({ command, isHeld, pet }: Side): Promise<void> {
    const prune = command(this.#story).filter((arg) => arg === '--prune');
    if (isHeld) {
      const up = await this.#story.pets(['up']);
      if (up.code !== 3 || !up.stderr.includes('pets up --retry')) throw unexpected('not held', up);
      expect((await this.#story.ok(['diff'])).stdout).toContain('held: ');
    } else if (isDrawn(this.#rounds++, 4)) await this.#story.ok(['diff', '--exit-code', ...prune]);
    await this.#story.ok(['gc']);
    if (!pet) return;
    expect((await get(pet.port))?.body).toBe(pet.page);
    // Written once for each volume, and there ever after.
    const file = '/var/lib/data/precious';
    if (!this.#hasData) await this.#story.inside(pet.app, 'sh', '-c', `echo data > ${file}`);
    this.#hasData = true;
    expect(await this.#story.inside(pet.app, 'cat', file)).toBe('data');
  }

  async #forgetVolume(): Promise<void> {
    const [first] = this.#sides;
    const name = `${this.#story.name(first.pet?.app ?? '')}/data`;
    await this.#story.ok(['volume', 'rm', name, '--confirm', name]);
    this.#hasData = false;
  }

  #shape(): Promise<unknown> {
    return shapeOf(
      this.#story,
      this.#sides.flatMap(({ pet }) => pet?.port ?? []),
    );
  }

  #tell({ verb }: Side, struck: Case | undefined, error: string): string {
    const what = struck ? `${struck.fault} at \`${struck.name}\` (${struck.nth})` : 'no fault';
    return `${verb}, ${what}: ${error}`.replaceAll(`${this.#story.project}-`, '');
  }
}

function everyCase(requests: readonly Request[]): Case[] {
  return requests.flatMap((request) => faultsOf(request).map((fault): Case => ({ ...request, fault })));
}

function endsOfGuests(requests: readonly Request[]): Case[] {
  const stops = requests.filter(({ name }) => name.endsWith('/state stop'));
  return stops.flatMap((request) => ENDS.map((fault): Case => ({ ...request, fault })));
}

/** As many seeds as there are parts strike each request once; when the next ones begin anew, the faults move on. */
function someCases(requests: readonly Request[]): readonly Case[] {
  const turn = Math.floor(SEED / PARTS);
  const cases = requests.map((request, n): Case => ({ ...request, fault: at(faultsOf(request), n + turn) }));
  return sampleOf(cases, PARTS);
}

/** What the host can do is tried once for each daemon, which is not met again. */
function isOfTrial({ name }: Request): boolean {
  return name.includes('/pets-trial-');
}

/** To read, or to remove what a command printed, is the same each time. */
function isWorthIt({ name, nth }: Request): boolean {
  return isWhole || nth === 1 || !/^GET |^DELETE .*\/exec-output\//.test(name);
}

/** A read is never refused for what it would change. */
function faultsOf({ name }: Request): readonly Fault[] {
  return name.startsWith('GET ') ? FAULTS.filter((f) => f !== 'busy' && f !== '412') : FAULTS;
}

/** Exit codes. What passes by itself is waited for: only what the daemon refuses for good may fail the run. */
function endsOf(fault: Fault, { ends }: Side): readonly (number | null)[] {
  if (fault.startsWith('kill')) return [null];
  return fault === '500' ? [ends, 1, 3] : [ends];
}

function unexpected(what: string, { code, stderr }: Result): Error {
  return new Error(`${what}: exit ${String(code)}\n${stderr}`);
}

function at<T>(list: readonly T[], n: number): T {
  const found = list[n % list.length];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}
