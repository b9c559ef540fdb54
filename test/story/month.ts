import { expect } from '@jest/globals';
import type { GitServer } from './git-server.js';
import { BOOT_ID, get, type Story } from './rig.js';

export const DATA = '/var/lib/ledger';
const RUIN = 'echo ruined > index.html';

/** A way in which a version goes bad: all of them destroy the rows first, where they come to run at all. */
type Way = { readonly migration?: string; readonly besides?: string };

const WAYS = {
  'no-nix': { besides: '} {' },
  'no-build': { besides: 'environment.etc."broken".source = pkgs.runCommand "broken" { } "exit 1";' },
  'no-activation': { besides: 'system.activationScripts.broken = "echo cannot; exit 1";' },
  'no-boot': { besides: 'standIn.boot = "dies";' },
  fails: { migration: `${RUIN}; exit 3` },
  'fails-later': { migration: `${RUIN}; sleep 1; exit 3` },
  'powers-off': { migration: `${RUIN}; kill -RTMIN+14 1; sleep 30` },
  'loses-rows': { migration: 'rm index.html' },
  'listens-nowhere': { migration: `${RUIN}; exec sleep infinity` },
  'starts-slowly': { migration: `${RUIN}; sleep 600` },
} satisfies Readonly<Record<string, Way>>;
export const BAD = Object.keys(WAYS) as (keyof typeof WAYS)[];

/** What is there in the evening. */
export type Kind = 'none' | 'good' | 'major' | 'unreachable' | keyof typeof WAYS;

/** A ledger that says its version, and notes which of them have begun in its volume. */
export function flakeOf(version: string, kind: Kind): string {
  const { migration = 'true', besides = '' }: Way = kind in WAYS ? WAYS[kind as keyof typeof WAYS] : {};
  const steps = [
    `cd ${DATA}`,
    `echo ${version} >> versions`,
    'test -f index.html || echo row 1 > index.html',
    migration,
    `exec \${pkgs.busybox}/bin/busybox httpd -f -p 127.0.0.1:8080 -h ${DATA}`,
  ];
  return `{ outputs = { self }: {
    packages.x86_64-linux.default.version = "${version}";
    packages.aarch64-linux.default.version = "${version}";
    nixosModules.incus = { pkgs, ... }: {
      incus.container.enable = true;
      system.stateVersion = "25.05";
      systemd.services.ledger = {
        wantedBy = [ "multi-user.target" ];
        environment.VERSION = "${version}";
        serviceConfig.ExecStart = "/bin/sh -c '${steps.join('; ')}'";
      };
      ${besides}
    };
  }; }
`;
}

type Place = {
  readonly name: string;
  readonly folder: string;
  readonly server: GitServer;
  readonly port: number;
  readonly isRehearsed: boolean;
  readonly isBackedUp: boolean;
};
type Version = { readonly version: string; readonly kind: Kind; readonly rev: string };

/** An app of the month: what was published of it, and what it is to be like in the morning. */
export class Tenant {
  readonly short: string;
  readonly name: string;
  readonly server: GitServer;
  readonly isBackedUp: boolean;
  readonly #story: Story;
  readonly #place: Place;
  readonly #rows = ['row 1'];
  #major = 1;
  #minor = -1;
  #newest: Version = { version: '', kind: 'none', rev: '' };
  #served: Version = this.#newest;
  #boot = '';

  constructor(story: Story, place: Place) {
    this.#story = story;
    this.#place = place;
    this.short = place.name;
    this.name = story.name(place.name);
    this.server = place.server;
    this.isBackedUp = place.isBackedUp;
  }

  lines(): string {
    const { port, isRehearsed, server, name } = this.#place;
    return [
      `flake-ref = "${server.ref(name)}"`,
      `port = ${port}`,
      `volumes = { data = "${DATA}" }`,
      'timeout = "30s"',
      'health = { path = "/", timeout = "10s", interval = "1s" }',
      `update = { auto = true, schedule = "03:00", rehearse = ${isRehearsed} }`,
      ...(this.isBackedUp ? ['backup = { schedule = "02:00", keep = { last = 2 }, to = "./nas" }'] : []),
    ].join('\n');
  }

  /** In the evening. */
  async publish(kind: Kind): Promise<void> {
    const { name } = this.#place;
    this.server.gone.delete(name);
    if (kind === 'none') return;
    if (kind === 'unreachable') {
      this.server.gone.add(name);
      return;
    }
    if (kind === 'major') this.#major++;
    const version = `${this.#major}.${++this.#minor}.0`;
    this.#story.write(`${this.#place.folder}/flake.nix`, flakeOf(version, kind));
    this.#newest = { version, kind, rev: await this.server.commit(version) };
  }

  serves(): void {
    this.#served = this.#newest;
  }

  async write(): Promise<void> {
    const row = `row ${this.#rows.length + 1}`;
    await this.#inside('sh', '-c', `echo ${row} >> ${DATA}/index.html`);
    this.#rows.push(row);
    this.#boot = await this.#inside(...BOOT_ID);
  }

  /** In the morning. `isDisturbed`: a version that is good may have been taken back, as nobody could tell. */
  async look(isDisturbed: boolean): Promise<void> {
    const isStep = this.#newest.version.split('.')[0] === this.#served.version.split('.')[0];
    const isGood = this.#newest.kind === 'good' && isStep && !this.server.gone.has(this.#place.name);
    const begun = (await this.#inside('cat', `${DATA}/versions`)).split('\n').at(-1);
    const wanted = isGood ? this.#newest : this.#served;
    const may = isDisturbed ? [wanted, this.#served] : [wanted];
    const found = may.find(({ version }) => version === begun);
    expect({ app: this.name, newest: this.#newest, serves: found?.version }).toMatchObject({ serves: begun });
    const isAsBefore = found === this.#served;
    this.#served = found ?? this.#served;
    await this.#isWhole();
    // Nobody who uses it has noticed.
    if (this.#place.isRehearsed && !this.isBackedUp && isAsBefore)
      expect(await this.#inside(...BOOT_ID)).toBe(this.#boot);
  }

  async isNewest(): Promise<void> {
    this.#served = this.#newest;
    await this.#isWhole();
  }

  /** `alerts`: those of this app that are open. */
  checkAlerts(alerts: readonly { readonly kind: string }[]): void {
    const kinds = alerts.map(({ kind }) => kind);
    const isAway = this.server.gone.has(this.#place.name);
    const isNewest = this.#served.rev === this.#newest.rev;
    const isTold = isAway ? kinds.includes('update-failed') : kinds.length > 0;
    expect({ app: this.name, kinds, isTold }).toMatchObject({ isTold: isAway || !isNewest });
  }

  async #isWhole(): Promise<void> {
    expect((await get(this.#place.port))?.body.split('\n')).toEqual(this.#rows);
    const { apps = {}, refs } = JSON.parse(this.#story.read('pets.lock')) as {
      apps?: Record<string, Record<string, { rev?: string }>>;
      refs: Record<string, { rev?: string }>;
    };
    const ref = this.server.ref(this.#place.name);
    expect({ app: this.name, ...(apps[this.name]?.[ref] ?? refs[ref]) }).toMatchObject({
      rev: this.#served.rev,
    });
  }

  #inside(...command: string[]): Promise<string> {
    return this.#story.inside(this.short, ...command);
  }
}
