import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnDaemon } from './own-daemon.js';
import { answerOf, BOOT_ID, freePorts, PROGRAM, type Result, run, standIn, Story } from './rig.js';

/** A /nix of which all garbage can be collected, and nobody else's: nothing is in it but what the guests boot. */
const root = mkdtempSync(join(tmpdir(), 'pets-nix-'));
const daemon = new OwnDaemon(join(root, 'nix'));

class GcStory extends Story {
  /** On the host that has that /nix; what Nix remembers of this host's is not true there. */
  host(command: readonly string[]): Promise<Result> {
    const env = { ...this.env(), XDG_CACHE_HOME: join(root, 'cache') };
    const here = ['sh', '-c', 'cd "$0" && exec "$@"', this.folder, ...command];
    const [program = '', ...args] = [...daemon.within, ...here];
    return run(program, args, { env });
  }

  override pets(args: readonly string[]): Promise<Result> {
    return this.host([process.execPath, PROGRAM, ...args]);
  }
}

const story = new GcStory('gc', { socket: daemon.socket });
const app = story.name('app');
let port = 0;
const page = async () => (await answerOf(port)).body;
const bootId = () => story.inside('app', ...BOOT_ID);

/** Its files are those of this host, by another name. */
function makeStore(): void {
  const flake = readFileSync(join(standIn().replace(/^path:/, ''), 'flake.nix'), 'utf8');
  const userland = /userland = "([^"]+)"/.exec(flake)?.[1] ?? '';
  const store = join(root, 'nix/store');
  mkdirSync(store, { recursive: true });
  execFileSync('cp', ['--archive', '--link', userland, store]);
  const known = execFileSync('nix-store', ['--dump-db', userland]);
  execFileSync('nix-store', ['--store', `local?root=${root}`, '--load-db'], { input: known });
}

beforeAll(async () => {
  makeStore();
  await daemon.setUp();
  [port = 0] = await freePorts(1);
  story.flake('app');
  story.manifest({ app: `flake-ref = "./app"\nport = ${port}` });
  for (const text of ['the first page', 'the second page']) {
    story.page('app', text);
    await story.ok(['up']);
  }
});
afterAll(async () => {
  await daemon.start();
  await story.cleanUp();
  await daemon.remove();
  execFileSync('chmod', ['-R', 'u+w', join(root, 'nix/var')]);
  execFileSync('rm', ['-rf', root]);
});

test('what the host collects is nothing of a pet that runs', async () => {
  const boot = await bootId();
  writeFileSync(join(story.folder, 'nobodys'), 'nobodys');
  const garbage = (await story.host(['nix-store', '--add', 'nobodys'])).stdout.trim();
  expect(existsSync(join(root, garbage))).toBe(true);
  const collected = await story.host(['nix-collect-garbage', '-d']);
  expect([collected.code, `${collected.stdout}${collected.stderr}`]).toEqual([
    0,
    expect.stringMatching(/\d+ store paths deleted/),
  ]);
  expect(existsSync(join(root, garbage))).toBe(false);
  expect(await page()).toBe('the second page');
  expect(await bootId()).toBe(boot);
});

test('it starts again, goes back to what was not current, and on to what is new', async () => {
  await story.ok(['restart', app]);
  expect(await page()).toBe('the second page');
  await story.ok(['rollback', app]);
  expect(await page()).toBe('the first page');
  story.page('app', 'the third page');
  await story.ok(['up']);
  expect(await page()).toBe('the third page');
});
