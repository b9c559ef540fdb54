import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { isDrawn, partOf } from '../sample.js';
import { STEPS, TABLES, type Interrupted, type Pet, type Step, type Subject } from './interrupts-steps.js';
import { answerOf, BOOT_ID, freePorts, must, standIn, Story, told } from './rig.js';

/** What the table promises. Where it depends on more than the key, the step says what it is there. */
function promised(table: string, key: string, here: Interrupted | undefined): Interrupted {
  const words =
    TABLES.find(({ of }) => of === table)?.keys.find((k) => k.key === key)?.interrupts ?? 'not there';
  if (here !== undefined) return here;
  if (words.startsWith('nothing')) return 'nothing';
  if (words.includes('exposure')) return 'exposure';
  if (words.includes('switch') || words.includes('the units that load it')) return 'service';
  if (words.includes('container')) return 'container';
  throw new Error(`what does \`${words}\` of \`${key}\` promise?`);
}

type Lives = { readonly boot: string; readonly service: string; readonly exposure: string };

function between(before: Lives, after: Lives): Interrupted {
  if (before.boot !== after.boot) return 'container';
  if (before.service !== after.service) return 'service';
  return before.exposure === after.exposure ? 'nothing' : 'exposure';
}

/** A pet that runs, and the keys that its table has by now. */
class Walked {
  readonly story = new Story('walk');
  /** As TOML values; each step adds or changes some, and they stay. */
  readonly keys = new Map<string, string>();
  pet: Pet = { port: 0, free: 0, published: 0, db: '', firstSystem: '', name: '', rename: () => undefined };
  #app = 'web';
  #lives: Lives | null = null;
  #steps = 0;

  async setUp(): Promise<void> {
    const { story } = this;
    writeSources(story);
    await must('cp', ['-r', standIn().slice('path:'.length), `${story.folder}/nixpkgs`]);
    story.write('nixpkgs/changed', 'only its hash\n');
    const [port = 0, free = 0, published = 0] = await freePorts(3);
    const rename = () => {
      this.#app = 'renamed';
    };
    this.pet = {
      ...{ port, free, published, rename },
      ...{ db: story.name('db'), firstSystem: '', name: story.name('web') },
    };
    this.keys.set('flake-ref', '"./web"').set('port', String(port));
  }

  /** `done`: what was changed before the first step that is looked at. */
  async begin(done: readonly Step[]): Promise<void> {
    await this.apply();
    expect((await answerOf(this.pet.port)).body).toBe('a page');
    const firstSystem = await this.story.inside('web', 'readlink', '/run/current-system');
    this.pet = { ...this.pet, firstSystem };
    for (const step of done) this.set(step);
    if (done.length > 0) await this.apply();
  }

  set(step: Step): void {
    for (const [name, value] of Object.entries(step.set(this.pet))) this.keys.set(name, value);
  }

  /** What `diff` said before `up`. Afterwards it has nothing more to say, which a sample of the steps looks at. */
  async apply(): Promise<string> {
    const { story } = this;
    const lines = [...this.keys].flatMap(([key, value]) => (value === '' ? [] : [`${key} = ${value}`]));
    story.manifest({ [this.#app]: lines.join('\n'), db: 'flake-ref = "./db"' });
    const env = { WALKED: 'from outside', PATH: `${story.folder}/.bin:${process.env['PATH'] ?? ''}` };
    const diff = (await story.ok(['diff'], env)).stdout;
    await story.ok(['up', '--recreate'], env);
    if (isDrawn(this.#steps++, 4)) expect((await story.ok(['diff'], env)).stdout).toContain('No changes');
    return diff;
  }

  /** What the next change interrupts. */
  async interruptedBy(change: () => Promise<string>): Promise<{ what: Interrupted; said: string }> {
    const before = this.#lives ?? (await this.#look());
    const said = await change();
    this.#lives = await this.#look();
    return { what: between(before, this.#lives), said };
  }

  /** When its init and its service began, and its proxy devices. */
  async #look(): Promise<Lives> {
    const name = this.story.name(this.#app);
    const start = ['show', '--value', '-p', 'ExecMainStartTimestampMonotonic,MainPID', 'hello-web.service'];
    const devices = (await this.story.instances()).find((i) => i.name === name)?.devices ?? {};
    return {
      boot: await told(name, BOOT_ID),
      service: await told(name, ['systemctl', ...start]),
      exposure: JSON.stringify(Object.values(devices).filter((d) => d['type'] === 'proxy')),
    };
  }
}

/** Whatever the keys name: flakes, modules, secrets. */
function writeSources(story: Story): void {
  story.flake('web');
  story.page('web', 'a page');
  story.flake('other');
  story.page('other', 'another page');
  story.write('module.nix', '{ systemd.services.hello-web.environment.MORE = "1"; }');
  story.write(
    'configuration.nix',
    `{ system.stateVersion = "25.05"; systemd.services.hello-web = {
      wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; }; }`,
  );
  story.plainFlake('db', '');
  for (const name of ['one', 'another']) story.write(`secret-${name}`, name);
  // Not sops itself: it prints what it is asked for, which another key is enough to change.
  story.write('.bin/sops', '#!/bin/sh\necho "$@"\n');
  chmodSync(`${story.folder}/.bin/sops`, 0o755);
  story.write('secrets.yaml', '');
}

/** What `diff` had said of it. */
const SAID = {
  nothing: /nothing|No changes/,
  // One that is added interrupts none.
  exposure: /the exposure|interrupts nothing/,
  service: /the service/,
  container: /the container|its container/,
};

/** A run walks through so long a part of a subject's steps. */
const PARTS = 3;

/**
 * docs/manifest.md says for each key what a change of it interrupts. Here each is changed on a pet that runs, and
 * the pet is asked: does its container still run since then, and its service?
 */
export function walkThrough(subject: Subject): void {
  const walked = new Walked();
  const all: readonly Step[] = STEPS[subject];
  const part = partOf(all, PARTS);
  beforeAll(() => walked.setUp());
  afterAll(() => walked.story.cleanUp());

  test('the pet is there to begin with', () =>
    walked.begin(
      all.slice(
        0,
        all.findIndex((step) => step === part[0]),
      ),
    ));

  test.each<Step>(part)('a change of `$key` ($table)', async (step) => {
    const { table, key, here } = step;
    walked.set(step);
    const { what, said } = await walked.interruptedBy(() => walked.apply());
    const expected = promised(table, key, here);
    expect(what).toBe(expected);
    // What comes out of it is not known before.
    if (key !== 'nixpkgs' && key !== 'secrets') expect(said).toMatch(SAID[expected]);
  });
}
