import { expect } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeployStory, removeProfile } from './deploy-story.js';
import { DATA, ledger } from './ledger.js';
import { answerOf, freePorts, get, must, type Result } from './rig.js';
import { BEFORE, CREDSTORE } from './secret-story.js';
import { shapeOf } from './shape.js';
import { TAKES_ROWS, writeAdd, Writer } from './writer.js';

/** What the manifest and the flake say. */
type Wanted = {
  readonly app: string;
  readonly was: string | null;
  readonly version: number;
  /** Which version it is that ruins the rows and fails; null: none. */
  readonly ruin: number | null;
  /** On which of its two ports it is. */
  readonly at: 0 | 1;
  readonly memory: string;
  readonly token: string;
  readonly keep: number;
};

const AT_FIRST: Wanted = {
  ...{ app: 'app', was: null, version: 1, ruin: null, at: 0, memory: '256MiB', token: 'first', keep: 3 },
};

/** The one pet of a campaign, which serves the rows that it is given, and what it is to be. */
export class CampaignPet {
  readonly story = new DeployStory('campaign');
  readonly writer = new Writer();
  /** Of what `deploy` makes. */
  readonly extra = this.story.name('extra');
  #ports: readonly number[] = [];
  #wanted = AT_FIRST;
  #devices: readonly string[] = [];

  get wanted(): Wanted {
    return this.#wanted;
  }

  get name(): string {
    return this.story.name(this.#wanted.app);
  }

  get ports(): readonly number[] {
    return this.#ports.slice(0, 2);
  }

  get port(): number {
    return this.#ports[this.#wanted.at] ?? 0;
  }

  get extraPort(): number {
    return this.#ports[2] ?? 0;
  }

  async setUp(): Promise<void> {
    this.#ports = await freePorts(3);
    this.story.flake('web');
    writeAdd(this.story);
    this.want({});
    await this.ok('up');
    await answerOf(this.port);
    this.#devices = await this.#deviceNames();
  }

  async cleanUp(): Promise<void> {
    await this.writer.end();
    await this.story.cleanUp();
    removeProfile(this.extra);
  }

  ok(...args: string[]): Promise<Result> {
    return this.story.ok(args);
  }

  /** From now on the manifest and the flake say so. */
  want(change: Partial<Wanted>): void {
    this.#wanted = { ...this.#wanted, ...change };
    const { app, was, version, ruin, memory, token, keep } = this.#wanted;
    if (ruin === null)
      ledger(this.story, `v${version}`, TAKES_ROWS, 'serviceConfig.LoadCredential = "token";');
    else ledger(this.story, `ruin${ruin}`, 'echo ruined > index.html; rm -rf cgi-bin; exit 3');
    writeFileSync(join(this.story.folder, 'token'), token);
    const lines = [
      'flake-ref = "./ledger"',
      `port = ${this.port}`,
      `volumes = { data = "${DATA}" }`,
      `limits.memory = "${memory}"`,
      'secrets = { token = { file = "token" } }',
      'health = { path = "/", timeout = "60s" }',
      `keep = ${keep}`,
      ...(was === null ? [] : [`was = "${this.story.name(was)}"`]),
    ];
    this.story.manifest({ [app]: lines.join('\n') });
  }

  /** After something went wrong, for what follows. */
  async recover(): Promise<void> {
    this.want({ ruin: null, keep: AT_FIRST.keep });
    await this.story.pets(['up', '--retry']);
  }

  /** Another version serves, and the one before can be returned to. */
  async upgrade(): Promise<void> {
    this.want({ version: this.#wanted.version + 1 });
    await this.ok('up');
    await answerOf(this.port);
  }

  /** One of the app's that is not in the manifest any more. */
  async makeSpare(): Promise<void> {
    const labels = { project: this.story.project, app: this.name, volume: 'spare' };
    const config = Object.entries(labels).map(([key, value]) => `user.pets.${key}=${value}`);
    await must('incus', ['storage', 'volume', 'create', 'default', `${this.name}-spare`, ...config]);
  }

  /** By their names in the manifest; of what was put aside too. */
  async volumes(): Promise<string[]> {
    return (await this.story.volumes()).map(({ config }) => config['user.pets.volume'] ?? '').sort();
  }

  /** All is as the manifest says, no row is lost, and nothing is left of what was killed. */
  async check(former: readonly number[] | null): Promise<void> {
    await this.ok('diff', '--exit-code');
    await this.ok('gc');
    const { status, body } = await answerOf(this.port);
    expect(status).toBe(200);
    this.writer.check(body, former);
    for (const other of this.ports.filter((port) => port !== this.port)) expect(await get(other)).toBeNull();
    expect(await this.#secrets()).toBe(this.#wanted.token);
    expect(await this.#deviceNames()).toEqual(this.#devices);
    expect(await this.volumes()).toEqual(['data']);
    expect(await shapeOf(this.story, this.ports)).toEqual(this.#shape());
    const config = (await this.story.instances()).flatMap((instance) => Object.keys(instance.config));
    expect(config.filter((key) => /^user\.pets\.(secrets|becoming|adopting)$/.test(key))).toEqual([]);
  }

  /** An exposure that takes the place of another bears a number. */
  async #deviceNames(): Promise<string[]> {
    const names = (await this.story.instances()).flatMap(({ devices }) => Object.keys(devices));
    return names.map((name) => name.replace(/-\d+$/, '')).sort();
  }

  /** Those in the guest, and what is kept of those before while an upgrade is under way. */
  #secrets(): Promise<string> {
    const script = `cat ${CREDSTORE}/*; ls -A ${BEFORE} 2>&- || :`;
    return this.story.inside(this.#wanted.app, 'sh', '-c', script);
  }

  #shape(): unknown {
    const number = expect.any(Number);
    const generations = { recorded: number, newer: number, unlinked: [], unrecorded: [], isCurrent: true };
    const instance = { name: this.name, status: 'Running', generations };
    return {
      instances: [expect.objectContaining({ ...instance, config: expect.objectContaining(READY) })],
      volumes: [{ name: expect.any(String), app: this.name, copies: expect.not.arrayContaining(UNKNOWN) }],
      running: [],
      forwarders: [this.port],
      profiles: [this.name],
    };
  }
}

const READY = { 'user.pets.state': 'ready' };
/** A copy of no generation that is recorded is told by its name. */
const UNKNOWN = [expect.any(String)];
