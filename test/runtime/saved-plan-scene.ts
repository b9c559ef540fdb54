import { expect } from '@jest/globals';
import type { Actual, ActualApp } from '../../src/domain/actual.js';
import type { ContentHash, Desired, SecretRead } from '../../src/domain/desired.js';
import type { Locked } from '../../src/domain/manifest.js';
import type { AppName } from '../../src/domain/names.js';
import { EXIT, ProblemError } from '../../src/domain/problem.js';
import type { PlanChoice, SavedPlan } from '../../src/domain/saved-plan.js';
import { VERSION } from '../../src/domain/version.js';
import { desiredFrom, localFiles, localRefs } from '../../src/manifest/desired.js';
import { readManifest } from '../../src/manifest/read.js';
import { planOf } from '../../src/planner/plan.js';
import { printPlan } from '../../src/planner/print.js';
import type { Project } from '../../src/runtime/project-type.js';
import { checkOrigin, planAgain, savedPlan } from '../../src/runtime/saved-plan.js';
import { parseSavedPlan, printSavedPlan } from '../../src/state/saved-plan.js';
import { Machine } from '../machine.js';

const TEXT = `project = "p"

[defaults]
nixpkgs = "github:o/nixpkgs/main"

[apps.web]
flake-ref = "./web"
port = 7700
after = ["db"]
volumes = { data = "/var/lib/web" }
secrets = { db = { env = "DB" } }

[apps.db]
flake-ref = "github:o/db"
health = false

[apps.blog]
flake-ref = "./blog"
port = 7702
`;

export const pin = (url: string, n: string): Locked => ({
  locked: `${url}/${n.repeat(40)}`,
  narHash: `sha256-${n.repeat(43)}=`,
});

/** All that a plan is made from, to be changed as one likes. */
export class Scene {
  text = TEXT;
  readonly hashes: Record<string, string> = { web: 'a', blog: 'a', other: 'a' };
  readonly files: Record<string, string> = {};
  readonly lock: Record<string, Locked> = {
    'github:o/nixpkgs/main': pin('github:o/nixpkgs', '1'),
    'github:o/db': pin('github:o/db', '1'),
  };
  secret: SecretRead = { fingerprint: 'v1:one' };
  isNew = false;
  readonly machine = new Machine('p');
  see: (actual: Actual) => Actual = (actual) => actual;
  choice: PlanChoice = { apps: null, prune: false, recreate: false, retry: false, strict: false };
  pets: string = VERSION;

  edit(from: string | RegExp, to: string): this {
    const edited = this.text.replace(from, to);
    if (edited === this.text) throw new Error(`there is no ${String(from)}`);
    this.text = edited;
    return this;
  }

  /** Of one instance, as it is seen. */
  seeApp(name: string, over: (app: ActualApp) => Partial<ActualApp>): this {
    this.see = (actual) => ({
      ...actual,
      apps: actual.apps.map((app) => (app.name === name ? { ...app, ...over(app) } : app)),
    });
    return this;
  }

  halt(name: string): this {
    this.machine.halt(name);
    return this;
  }

  config(name: string, key: string, value: string): Promise<void> {
    return this.machine.ports().incus.setConfig(name, { [key]: value });
  }

  get desired(): Desired {
    const read = readManifest(this.text, { file: 'pets.toml', directory: '/srv' });
    if (!read.ok) throw new Error(read.problems.map(({ message }) => message).join('\n'));
    const { manifest } = read;
    const hashFor = (path: string, hashes: Record<string, string>): ContentHash => ({
      hash: `sha256-${hashes[path.split('/').at(-1) ?? ''] ?? 'a'}`,
    });
    const refs = localRefs(manifest).map(({ url, directory }) => [
      url,
      hashFor(directory ?? '', this.hashes),
    ]);
    const files = localFiles(manifest).map(({ path }) => [path, hashFor(path, this.files)]);
    const secrets = manifest.apps.map(({ name, secrets: all }) => [
      name,
      Object.fromEntries(all.map((one) => [one.name, this.secret])),
    ]);
    return desiredFrom(manifest, {
      lock: { version: 1, refs: this.lock },
      contentHashes: Object.fromEntries(refs) as Record<string, ContentHash>,
      fileHashes: Object.fromEntries(files) as Record<string, ContentHash>,
      paths: {},
      secrets: Object.fromEntries(secrets) as Record<string, Record<string, SecretRead>>,
      platform: 'x86_64-linux',
    });
  }

  get actual(): Actual {
    return this.see(this.machine.observed());
  }

  get project(): Project {
    const secrets = { isNew: () => this.isNew, keepFingerprints: () => Promise.resolve() };
    return { secrets, locate: () => ({}), manifest: { project: this.desired.project } } as unknown as Project;
  }

  plan() {
    const only = this.choice.apps && new Set(this.choice.apps as AppName[]);
    return planOf(this.desired, this.actual, { ...this.choice, only });
  }

  async up(): Promise<void> {
    const outcome = await this.machine.carryOut(this.plan(), this.desired);
    expect(outcome.apps.filter(({ failure }) => failure !== null)).toEqual([]);
  }

  /** As it comes back from the file. */
  async save(): Promise<SavedPlan> {
    const { desired, actual, project, choice } = this;
    const saved = await savedPlan({ plan: this.plan(), desired, actual, project, choice }, 'pets.toml');
    const read = parseSavedPlan(printSavedPlan(saved));
    if (!read.ok) throw new Error(read.why);
    return read.saved;
  }

  /** The plan that is carried out, or the fields that have moved. */
  again(saved: SavedPlan): string {
    try {
      checkOrigin({ ...saved, pets: this.pets }, this.project.manifest, 'plan.json');
      return printPlan(planAgain(saved, this, { project: this.project, file: 'plan.json' }));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      expect(error.exitCode).toBe(EXIT.stale);
      return error.problems.map(({ app, message }) => `${app ?? 'pets'}: ${message}`).join('\n');
    }
  }
}
