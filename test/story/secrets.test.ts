import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, run, seen } from './rig.js';
import { BEFORE, CREDSTORE, READER, SecretStory } from './secret-story.js';

describe('a secret', () => {
  const story = new SecretStory('secret');
  /** Not text, and as long as systemd takes. */
  const bytes = Buffer.alloc(1024 * 1024, Uint8Array.from([0, 10, 13, 255, 128, 39, 34, 92]));

  beforeAll(() => {
    story.plainFlake('app', READER);
    mkdirSync(join(story.folder, 'private'));
    writeFileSync(join(story.folder, 'private/db'), 'first');
    writeFileSync(join(story.folder, 'private/bytes'), bytes);
  });
  afterAll(() => story.cleanUp());

  test('is there before the first start, byte for byte, for the unit that loads it and for nobody else', async () => {
    story.secrets(
      'db = { file = "private/db" }, bytes = { file = "./private/bytes", mode = "0440", owner = "clerk" }, uid = { env = "A_SECRET", owner = 4711 }',
    );
    const diff = await story.ok(['diff'], { A_SECRET: 'in the environment' });
    expect(existsSync(story.state)).toBe(false);
    expect(diff.stdout).toMatch(/secret\.db +0400 root/);
    await story.ok(['up'], { A_SECRET: 'in the environment' });
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('first');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/again')).toBe('first');
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'uid'))).toBe('in the environment');
    expect(await story.inside('app', 'stat', '-c', '%a %U', CREDSTORE)).toBe('700 root');
    expect(await story.access('db')).toBe('400 root:root');
    expect(await story.access('bytes')).toBe('440 clerk:clerk');
    expect(await story.access('uid')).toMatch(/^400 UNKNOWN:root/);
    const copy = await run('sha256sum', [join(story.folder, 'private/bytes')]);
    expect(await story.sha(join(CREDSTORE, 'bytes'))).toBe(copy.stdout.split(' ')[0]);
    expect((await story.ok(['diff'], { A_SECRET: 'in the environment' })).stdout).toContain('No changes');
  });

  test('that changes restarts what loads it, and nothing else; the plan does not say to what', async () => {
    story.secrets('db = { file = "private/db" }');
    await story.ok(['up']);
    const before = { boot: await story.bootIds(), starts: await story.starts('reader', 'other') };
    writeFileSync(join(story.folder, 'private/db'), 'second\n');
    const diff = (await story.ok(['diff'])).stdout;
    expect(diff).toMatch(/secrets update +restarts the service/);
    expect(diff).toMatch(/secret\.db +changed +\(changed in its source\)/);
    const up = await story.ok(['up']);
    expect(up.stderr).toContain('secrets updated');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('second');
    const [reader, ...others] = await story.starts('reader', 'other');
    expect(reader).not.toBe(before.starts[0]);
    expect(others).toEqual(before.starts.slice(1));
    expect(await story.bootIds()).toEqual(before.boot);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('whose mode changes restarts nothing; one that is gone is removed; they survive a restart', async () => {
    const before = await story.starts('reader', 'other');
    story.secrets('db = { file = "private/db", mode = "0440" }, more = { command = ["echo", "one line"] }');
    await story.ok(['up']);
    expect(await story.access('db')).toBe('440 root:root');
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'more'))).toBe('one line');
    expect(await story.starts('reader', 'other')).toEqual(before);
    await must('incus', ['restart', story.name('app')]);
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db\nmore');
    story.secrets('db = { file = "private/db", mode = "0440" }');
    expect((await story.ok(['diff'])).stdout).toMatch(/secret\.more +0400 root → none/);
    await story.ok(['up']);
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db');
  });

  test('that changes with the system and while the container is stopped is there when it runs again', async () => {
    story.secrets('db = { file = "private/db", mode = "0440" }');
    story.plainFlake('app', `${READER} environment.etc."changed".text = "1";`);
    writeFileSync(join(story.folder, 'private/db'), 'third');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('third');
    await must('incus', ['stop', '--force', story.name('app')]);
    writeFileSync(join(story.folder, 'private/db'), 'fourth');
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
  });

  test('a unit that cannot start without it: it is there again, as it was, and that is held', async () => {
    story.secrets('');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 3 });
    expect(up.stderr).toContain('reader.service failed');
    expect(await story.access('db')).toBe('440 root:root');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
    expect(await story.inside('app', 'ls', '-A', BEFORE)).toBe('');
    expect((await story.pets(['up'])).code).toBe(3);
    expect(await story.inside('app', 'cat', join(CREDSTORE, 'db'))).toBe('fourth');
    story.secrets('db = { file = "private/db", mode = "0440" }');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('that came with an upgrade goes back with it, owner and all, and one that it brought is gone', async () => {
    story.secrets('db = { file = "private/db", mode = "0440", owner = "clerk" }');
    await story.ok(['up']);
    story.secrets('db = { file = "private/new" }, more = { command = ["echo", "one line"] }');
    writeFileSync(join(story.folder, 'private/new'), bytes);
    story.plainFlake(
      'app',
      `${READER} systemd.services.other.serviceConfig.ExecStartPre = "/bin/sh -c 'test ! -e /etc/credstore/more'";`,
    );
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 3 });
    expect(up.stderr).toMatch(/other\.service(?:, reader\.service)? failed/);
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db');
    expect(await story.access('db')).toBe('440 clerk:clerk');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
    expect(await story.inside('app', 'ls', '-A', BEFORE)).toBe('');
    expect(await story.inside('app', 'stat', '-c', '%a %U', BEFORE)).toBe('700 root');
  });

  test('a run that is killed in such an upgrade leaves it to the next one', async () => {
    const killed = story.start(['up', '--retry']);
    await seen(killed.child, 'secrets written');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await story.inside('app', 'ls', CREDSTORE)).toContain('more');
    expect(await story.pets(['up'])).toMatchObject({ code: 3 });
    expect(await story.inside('app', 'ls', CREDSTORE)).toBe('db');
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fourth');
  });

  test('a rollback by hand leaves it, and says which have changed since', async () => {
    story.plainFlake('app', `${READER} environment.etc."changed".text = "2";`);
    writeFileSync(join(story.folder, 'private/new'), 'fifth');
    story.secrets('db = { file = "private/new" }');
    await story.ok(['up']);
    const back = await story.ok(['rollback', story.name('app')]);
    expect(back.stderr).toMatch(/the secret `db` has changed since generation \d+, and stays as it is now/);
    expect(await story.inside('app', 'cat', '/run/credentials/reader.service/db')).toBe('fifth');
  });

  test('an owner whom the guest does not know is an error at its key', async () => {
    story.secrets('db = { file = "private/db", owner = "nobody-here" }');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({ code: 3 });
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: .*the guest has no user `nobody-here`/);
  });
});
