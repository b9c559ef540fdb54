import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { must, run, sleep } from './rig.js';
import { BEFORE, READER, SecretStory } from './secret-story.js';

describe('a value', () => {
  const story = new SecretStory('poison', { isWatched: true });
  const poison = `poison-${process.pid}-${'c0ffee'.repeat(4)}`;
  /** Where the value was seen among the processes of this machine, by the time it was there. */
  const seen = new Set<string>();
  let isOver = false;

  /** Every process there is: pets and its children, the daemon and its helpers, those of the guests. */
  async function watch(): Promise<void> {
    while (!isOver) {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        if (Number(pid) === process.pid) continue;
        for (const file of ['cmdline', 'environ']) {
          if (textOf(`/proc/${pid}/${file}`).includes(poison))
            seen.add(`${file} of ${textOf(`/proc/${pid}/comm`)}`);
        }
      }
      await sleep(2);
    }
  }

  beforeAll(() => {
    story.plainFlake('app', READER);
    story.write('db', poison);
    story.secrets('db = { file = "db" }');
  });
  afterAll(async () => {
    isOver = true;
    await story.cleanUp();
  });

  test('is nowhere but in its source and in the guest', async () => {
    const watching = watch();
    const output: string[] = [];
    const keep = async (args: readonly string[]) => {
      const { stdout, stderr } = await story.pets(args);
      output.push(stdout, stderr);
    };
    await keep(['diff', '--json']);
    for (const mode of ['json', 'plain', 'quiet', 'tty']) {
      story.write('db', `${poison} ${mode}`);
      await keep(['diff', '--json']);
      await keep(['up', '--progress', mode]);
    }
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe(`${poison} tty`);
    // A run that fails with it.
    story.plainFlake(
      'app',
      `${READER} systemd.services.reader.serviceConfig.ExecStartPre = "/bin/sh -c 'cat /run/credentials/reader.service/db; exit 1'";`,
    );
    story.write('db', `${poison} failing`);
    await keep(['up']);
    // It is taken back with the system that fails, and what was kept meanwhile is gone.
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe(`${poison} tty`);
    expect(await story.inside('app', 'ls', '-A', BEFORE)).toBe('');
    await keep(['history', story.name('app')]);
    await keep(['rollback', story.name('app')]);
    await keep(['config', '--json']);
    await keep(['ps', '--json']);
    isOver = true;
    await watching;

    const system = await story.inside('app', 'readlink', '-f', '/run/current-system');
    const closure = (await must('nix-store', ['--query', '--requisites', system])).split('\n');
    const store = await run('grep', [
      '-rlF',
      '--',
      poison,
      ...closure.filter((path) => !path.includes('userland')),
    ]);
    const instance = await must('incus', ['config', 'show', '--expanded', story.name('app')]);
    const operations = await must('incus', ['query', '/1.0/operations?recursion=2']);
    const log = await run('grep', ['-rlF', '--', poison, '/var/log/incus']);
    expect(output.filter((text) => text.includes(poison))).toEqual([]);
    expect([...seen]).toEqual([]);
    expect(store.stdout).toBe('');
    expect(instance).not.toContain(poison);
    expect(operations).not.toContain(poison);
    expect(log.stdout).toBe('');
    const state = await run('grep', ['-rlF', '--', poison, story.state]);
    expect(state.stdout).toBe('');
  });

  test('has a fingerprint in the record that the plan does not show', async () => {
    const [instance] = await story.instances();
    const { facets } = JSON.parse(instance?.config['user.pets.applied'] ?? '{}') as {
      facets: { secrets: Record<string, string> };
    };
    const [field = ''] = Object.values(facets.secrets);
    expect(field).toMatch(/^v1:[0-9a-f]{32} 0400 root$/);
    story.write('db', 'another');
    expect((await story.pets(['diff', '--json'])).stdout).not.toMatch(/v1:[0-9a-f]/);
  });
});

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process has ended, or is the kernel's.
    return '';
  }
}
