import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Story } from './rig.js';

type Listed = {
  id: string;
  outcome: string;
  verb: string;
  exitCode: number | null;
  apps: { app: string; result: string }[];
};

let story: Story;
beforeEach(() => {
  story = new Story('records');
});
afterEach(() => story.cleanUp());

const oneshot = (script: string) =>
  `systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "${script}"; };`;
/** Comes up once somebody has touched `GO`. */
const GO = '/root/go';
const SLOW = oneshot(`until test -e ${GO}; do sleep 0.1; done`);

const runsDirectory = () => join(story.folder, '.state', story.project, 'runs');
async function runs(): Promise<Listed[]> {
  const { stdout } = await story.ok(['runs', '--json'], { INCUS_SOCKET: '/nonexistent' });
  return (JSON.parse(stdout) as { runs: Listed[] }).runs;
}

/** Resolves when a running `pets` has said it. */
function says(child: ChildProcess, words: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (words.test(text)) resolve();
    });
    child.once('close', () => {
      reject(new Error(`it ended without saying ${String(words)}:\n${text}`));
    });
  });
}

describe('two runs at once', () => {
  test('the second is told who; one that waits acts on the manifest as it is then', async () => {
    story.plainFlake('slow', SLOW);
    story.plainFlake('quick', '');
    story.manifest({ slow: 'flake-ref = "./slow"' });
    const first = story.start(['up', '--progress', 'plain']);
    await says(first.child, /waiting for the system/);

    const refused = await story.pets(['down', '--yes']);
    expect(refused.code).toBe(75);
    expect(refused.stderr).toMatch(
      new RegExp(`process ${String(first.child.pid)}, \`pets up --progress plain\`, since 2`),
    );
    const bounded = await story.pets(['down', '--yes'], { PETS_LOCK_WAIT: '1s' });
    expect(bounded.code).toBe(75);
    expect(bounded.stderr).toContain('after 1 s');
    const typo = await story.pets(['up', '--lock-wait', '1h', 'nobody']);
    expect(typo.code).toBe(64);

    const stopped = story.start(['down', '--yes', '--lock-wait', '1h']);
    await says(stopped.child, /waiting for/);
    stopped.child.kill('SIGINT');
    expect((await stopped.ended).code).toBe(130);

    const second = story.start(['up', '--lock-wait', '1h', '--progress', 'json']);
    await says(second.child, /waiting for/);
    story.manifest({ slow: 'flake-ref = "./slow"', quick: 'flake-ref = "./quick"' });
    await story.inside('slow', 'touch', GO);
    expect((await first.ended).code).toBe(0);
    const { code, stderr } = await second.ended;
    expect(code).toBe(0);
    const said = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(said.filter(({ type }) => type === 'waiting')).toHaveLength(1);
    expect((await story.instances()).map((i) => i.name).sort()).toEqual(
      ['quick', 'slow'].map((app) => story.name(app)),
    );
    expect((await runs()).map(({ apps }) => apps.map((a) => a.result))).toEqual([
      ['done', 'unchanged'],
      ['done'],
    ]);
  });

  test('a holder that is killed is waited for no longer', async () => {
    story.plainFlake('slow', oneshot('sleep 60'));
    story.manifest({ slow: 'flake-ref = "./slow"' });
    const first = story.start(['up', '--progress', 'plain']);
    await says(first.child, /waiting for the system/);
    // An hour is longer than any test may take: it goes on only because the lock went with its holder.
    const second = story.start(['down', '--yes', '--lock-wait', '1h']);
    await says(second.child, /waiting for/);
    first.child.kill('SIGKILL');
    expect((await second.ended).code).toBe(0);
    expect((await runs()).map(({ verb, outcome }) => [verb, outcome])).toEqual([
      ['down', 'done'],
      ['up', 'abandoned'],
    ]);
  });
});

describe('the record of a run', () => {
  test('done: all that was printed is in it, nothing to do leaves none', async () => {
    story.plainFlake(
      'app',
      `environment.etc."told".source = pkgs.runCommand "told" {} ": ${story.project}; for n in $(seq 200); do echo line $n; done; echo > $out";`,
    );
    story.manifest({ app: 'flake-ref = "./app"' });
    expect(await runs()).toEqual([]);
    await story.ok(['up']);
    await story.ok(['up']);
    await story.ok(['diff']);
    const [run, ...more] = await runs();
    expect(more).toEqual([]);
    expect(run).toMatchObject({ verb: 'up', outcome: 'done', exitCode: 0 });
    const folder = join(runsDirectory(), run?.id ?? '');
    const log = readFileSync(join(folder, 'log', `${story.name('app')}.log`), 'utf8');
    expect(log.match(/line \d+/g)).toHaveLength(200);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'events.jsonl')).mode & 0o777).toBe(0o600);
    const shown = (await story.ok(['runs', 'last'])).stdout;
    expect(shown).toContain(`${run?.id ?? ''}  pets up`);
    expect(shown).toMatch(/app +created/);
    expect(shown).toContain(folder);
    expect((await story.pets(['runs', 'lats'])).code).toBe(64);
    await story.ok(['down', '--yes']);
    expect((await story.ok(['runs'])).stdout).toMatch(
      /down .* done +1 destroyed\n.* up .* done +1 created\n$/,
    );
  });

  test('failed: the summary names the file that has all of it', async () => {
    story.plainFlake(
      'bad',
      `environment.etc."told".source = pkgs.runCommand "told" {} "for n in $(seq 200); do echo line $n; done; exit 1";`,
    );
    story.manifest({ bad: 'flake-ref = "./bad"' });
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    const [, log = ''] = /^ {2}log: (.*)$/m.exec(up.stderr) ?? [];
    expect(readFileSync(log, 'utf8').match(/line \d+/g)?.length).toBeGreaterThanOrEqual(200);
    expect(await runs()).toMatchObject([{ outcome: 'failed', exitCode: 1, apps: [{ result: 'failed' }] }]);
    const shown = (await story.ok(['runs', 'last'])).stdout;
    expect(shown).toContain(`log: ${log}`);
    expect(shown).toContain('line 200');
  });

  test('killed in mid-run: running, then abandoned; the next up converges', async () => {
    story.plainFlake('slow', SLOW);
    story.manifest({ slow: 'flake-ref = "./slow"' });
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    await says(child, /waiting for the system/);
    expect(await runs()).toMatchObject([{ outcome: 'running', apps: [{ result: 'running' }] }]);
    expect((await story.ok(['runs', 'last'])).stdout).toContain('running (waiting for the system)');
    child.kill('SIGKILL');
    await ended;
    expect(await runs()).toMatchObject([{ outcome: 'abandoned', exitCode: null }]);
    expect((await story.ok(['runs', 'last'])).stdout).toContain('interrupted (waiting for the system)');
    await story.inside('slow', 'touch', GO);
    await story.ok(['up']);
    expect((await runs()).map(({ outcome }) => outcome)).toEqual(['done', 'abandoned']);
    await story.ok(['diff', '--exit-code']);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: interrupted, with exit code %i', async (signal, exitCode) => {
    story.plainFlake('slow', SLOW);
    story.manifest({ slow: 'flake-ref = "./slow"' });
    const { child, ended } = story.start(['up', '--progress', 'plain']);
    await says(child, /evaluating/);
    child.kill(signal);
    expect((await ended).code).toBe(exitCode);
    expect(await runs()).toMatchObject([{ outcome: 'interrupted', exitCode }]);
  });

  test('the newest 50 stay', async () => {
    const old = (n: number) => `20200101T0000${String(n).padStart(2, '0')}Z-0000`;
    for (let n = 0; n < 60; n++) mkdirSync(join(runsDirectory(), old(n)), { recursive: true });
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    await story.ok(['up']);
    expect(await runs()).toHaveLength(50);
    expect(readdirSync(runsDirectory()).sort()[0]).toBe(old(11));
  });
});

describe('a state directory that cannot be written', () => {
  const nowhere = { PETS_STATE_DIR: '/dev/null/state' };
  afterAll(() => {
    expect(existsSync('/dev/null/state')).toBe(false);
  });

  test('is a warning: the run does its work', async () => {
    story.plainFlake('app', '');
    story.manifest({ app: 'flake-ref = "./app"' });
    const up = await story.pets(['up', '--progress', 'plain'], nowhere);
    expect(up.code).toBe(0);
    expect(up.stderr.match(/^pets: warning: .*ENOTDIR/gm)).toHaveLength(1);
    expect((await story.instances()).map(({ status }) => status)).toEqual(['Running']);
    const down = await story.pets(['down', '--yes', '--progress', 'json'], nowhere);
    expect(down.code).toBe(0);
    const types = down.stderr
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.at(-1)).toBe('warning');
    expect((await story.pets(['runs'], nowhere)).code).toBe(0);
  });
});
