import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { must, peakOf, run, sleep, Story, until } from './rig.js';
import { SlowDaemon } from './slow-daemon.js';

/** How a system gets into a guest that has a store of its own, whatever happens to what it goes over. */
describe('a system on its way into a guest', () => {
  const story = new Story('streams');
  const web = story.name('web');
  const bin = join(story.folder, '.bin');
  const at = (name: string) => join(story.folder, `.${name}`);
  /** All programs but `incus`; `nix-store` counts its exports, and stops in the middle of one while it is held. */
  const env = { PATH: bin };
  const exports = () => readFileSync(at('exports'), 'utf8').length;
  const hold = () => {
    writeFileSync(at('hold'), '');
  };
  const release = () => {
    rmSync(at('hold'), { force: true });
  };
  const edition = (text: string, mb = 1) => {
    story.plainFlake(
      'app',
      `environment.etc.edition.text = "${text}";
       environment.etc.large.source = pkgs.runCommand "large" { } "{ echo ${story.project} ${text}; head -c ${mb * 1_000_000} /dev/zero; } > $out";`,
    );
  };
  const runs = () => story.inside('web', 'cat', '/etc/edition');

  beforeAll(async () => {
    linkPrograms(bin);
    const real = await must('sh', ['-c', 'command -v nix-store']);
    rmSync(join(bin, 'nix-store'));
    writeFileSync(join(bin, 'nix-store'), nixStore(real, at));
    chmodSync(join(bin, 'nix-store'), 0o755);
    story.manifest({ web: 'flake-ref = "./app"\nstore = "copy"' });
  });
  beforeEach(() => {
    writeFileSync(at('exports'), '');
  });
  afterAll(async () => {
    release();
    await story.cleanUp();
  });

  test('no program of Incus takes part when an app is created, and when it is upgraded', async () => {
    expect((await run('sh', ['-c', 'command -v incus'], { env })).code).not.toBe(0);
    for (const text of ['first', 'second']) {
      edition(text);
      expect((await story.ok(['up'], env)).stderr).toMatch(/system sent.*paths?, /);
      expect(await runs()).toBe(text);
    }
    expect(exports()).toBe(2);
    expect((await story.ok(['diff'], env)).stdout).toContain('No changes');
  });

  test('streams that come later than the daemon waits for them come again', async () => {
    const slow = new SlowDaemon();
    await slow.listen();
    let late = 0;
    slow.delayMs = () => (exports() > 0 && late++ < 3 ? 6000 : 0);
    edition('third');
    await story.ok(['up'], { ...env, INCUS_SOCKET: slow.socket });
    expect(await runs()).toBe('third');
    expect(late).toBeGreaterThanOrEqual(3 + 4);
    // What was to be sent is still the same.
    expect(exports()).toBe(1);
    slow.remove();
  });

  test('a daemon that goes away in the middle is sent the rest when it is back', async () => {
    const daemon = new SlowDaemon();
    await daemon.listen();
    edition('fourth');
    hold();
    const { ended } = story.start(['up'], { ...env, INCUS_SOCKET: daemon.socket });
    await until(() => existsSync(at('held')), { what: 'nothing is sent' });
    daemon.breakOff();
    release();
    expect(await ended).toMatchObject({ code: 0 });
    expect(await runs()).toBe('fourth');
    expect(exports()).toBe(2);
    daemon.remove();
  });

  test('a guest that is stopped in the middle is why; the next `up` sends the rest', async () => {
    edition('fifth');
    hold();
    rmSync(at('held'), { force: true });
    const { ended } = story.start(['up'], env);
    await until(() => existsSync(at('held')), { what: 'nothing is sent' });
    await must('incus', ['stop', '--force', web]);
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('sending the system broke off: the container does not run any more (Stopped)');
    expect(stderr).toContain(`pets up ${web}`);
    // It was held all the time: what sends ends with what it sends to.
    expect((await run('pgrep', ['-f', at('hold')])).code).toBe(1);
    release();
    await story.ok(['up'], env);
    expect(await runs()).toBe('fifth');
  });

  test('one that stands still is ended, on both sides', async () => {
    edition('sixth');
    hold();
    rmSync(at('held'), { force: true });
    const { code, stderr } = await story.pets(['up', '--timeout', '10s'], env);
    expect(code).toBe(1);
    expect(stderr).toContain('nothing went over for 10 s');
    expect((await run('pgrep', ['-f', at('hold')])).code).toBe(1);
    await until(async () => (await story.ran('web', 'pgrep', '-f', 'nix-store --import')).code === 1, {
      what: 'it goes on in the guest',
    });
    release();
    await story.ok(['up'], env);
    expect(await runs()).toBe('sixth');
  });

  test('what ends pets ends the sending, on both sides', async () => {
    edition('seventh');
    hold();
    rmSync(at('held'), { force: true });
    const { child, ended } = story.start(['up'], env);
    await until(() => existsSync(at('held')), { what: 'nothing is sent' });
    child.kill('SIGINT');
    await sleep(500);
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    await until(async () => (await run('pgrep', ['-f', at('hold')])).code === 1, { what: 'it goes on here' });
    await until(async () => (await story.ran('web', 'pgrep', '-f', 'nix-store --import')).code === 1, {
      what: 'it goes on in the guest',
    });
    release();
    await story.ok(['up'], env);
    expect(await runs()).toBe('seventh');
  });

  test('a large one is not held in memory', async () => {
    edition('eighth', 300);
    const { child, ended } = story.start(['up'], env);
    let peak = 0;
    await until(
      () => {
        peak = Math.max(peak, peakOf(child));
        return child.exitCode !== null;
      },
      { what: 'it does not end' },
    );
    expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining('300 MB') });
    expect(peak).toBeGreaterThan(20);
    expect(peak).toBeLessThan(220);
  });
});

/** A folder in which each program of PATH is, but for those of Incus. */
function linkPrograms(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const from of (process.env['PATH'] ?? '').split(':').filter((path) => existsSync(path)))
    for (const name of readdirSync(from))
      if (!name.startsWith('incus') && !existsSync(join(folder, name)))
        symlinkSync(join(from, name), join(folder, name));
}

function nixStore(real: string, at: (name: string) => string): string {
  return `#!/bin/sh
if [ "$1" = --export ]; then
  printf . >> '${at('exports')}'
  if [ -e '${at('hold')}' ]; then
    '${real}' "$@" | sh -c 'head -c 500000; : > "$2"; while [ -e "$1" ]; do sleep 0.1; done; exec cat' sh '${at('hold')}' '${at('held')}'
    exit
  fi
fi
exec '${real}' "$@"
`;
}
