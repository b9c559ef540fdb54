import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../files.js';
import { freePorts, must, PROFILES, PROGRAM, run, seen, SOCKET, Story } from './rig.js';

/** What is asked of a unit that comes up once somebody has made this file. */
const GO = '/root/go';
const SLOW = `systemd.services.worker = { wantedBy = [ "multi-user.target" ]; serviceConfig.Type = "oneshot"; script = "until test -e ${GO}; do sleep 0.1; done"; };`;

describe('whatever surrounds pets', () => {
  const story = new Story('around');
  beforeAll(() => {
    story.plainFlake('web', '');
    story.manifest({ web: 'flake-ref = "./web"\nbinds = ["./made/deep:/srv/made:create"]' });
  });
  afterAll(() => story.cleanUp());

  /** All below these folders, with modes that let somebody else write. */
  const writable = (...folders: readonly string[]) =>
    folders.flatMap((folder) =>
      ['.', ...filesBelow(folder)].filter((name) => {
        const info = lstatSync(join(folder, name));
        return !info.isSymbolicLink() && (info.mode & 0o002) !== 0;
      }),
    );
  const under = (umask: string, ...args: readonly string[]) => {
    const script = `umask ${umask}; exec "$@"`;
    const command = [process.execPath, PROGRAM, ...args];
    return run('sh', ['-c', script, 'sh', ...command], { cwd: story.folder, env: story.env() });
  };

  test.each(['000', '077'])(
    'under umask %s an app comes up, and nobody else may write what it boots',
    async (mask) => {
      await story.ok(['down', '--yes']);
      expect(await under(mask, 'up')).toMatchObject({ code: 0 });
      const profiles = join(PROFILES, story.project);
      expect(writable(profiles, join(story.folder, '.state'), join(story.folder, 'made'))).toEqual([]);
      expect(await story.inside('web', 'cat', '/proc/1/comm')).not.toBe('');
      await story.inside('web', 'sh', '-c', `echo ${mask} > /srv/made/note`);
    },
  );

  test('a repository’s own configuration runs nothing, and a hook’s variables change nothing', async () => {
    const trap = join(story.folder, 'sprung');
    const git = (...args: string[]) => must('git', ['-C', join(story.folder, 'web'), ...args]);
    await git('init', '--quiet');
    await git('add', '-A');
    await story.ok(['up']);
    story.write('trap', `#!/bin/sh\ntouch '${trap}'\n`);
    chmodSync(join(story.folder, 'trap'), 0o755);
    await git('config', 'core.fsmonitor', join(story.folder, 'trap'));
    symlinkSync(join(story.folder, 'trap'), join(story.folder, 'web/.git/hooks/post-index-change'));
    await must('git', ['init', '--quiet', join(story.folder, 'other')]);
    const hook = { GIT_DIR: join(story.folder, 'other/.git'), GIT_WORK_TREE: join(story.folder, 'other') };
    for (const env of [{}, hook, { GIT_INDEX_FILE: '/nonexistent' }]) {
      for (const verb of ['diff', 'ps', 'validate', 'config']) await story.ok([verb], env);
      expect((await story.ok(['diff'], env)).stdout).toContain('No changes');
    }
    expect(existsSync(trap)).toBe(false);
  });

  test('a port that comes from an Incus profile is counted for what is about to be made', async () => {
    const [port] = await freePorts(1);
    const profile = `${story.project}-proxy`;
    await must('incus', ['profile', 'create', profile]);
    const listen = `listen=tcp:127.0.0.1:${String(port)}`;
    await must('incus', [
      'profile',
      'device',
      'add',
      profile,
      'page',
      'proxy',
      listen,
      'connect=tcp:127.0.0.1:80',
    ]);
    try {
      story.plainFlake('twin', '');
      const twin = `flake-ref = "./twin"\nincus.profiles = ["default", "${profile}"]`;
      story.manifest({ web: 'flake-ref = "./web"', twin, other: twin });
      const refused = await story.pets(['up']);
      expect(refused.code).toBe(65);
      expect(refused.stderr).toMatch(/`\S+-(?:twin|other)` gets it too/);
      story.manifest({ web: 'flake-ref = "./web"', twin });
      await story.ok(['up']);
      story.manifest({ web: 'flake-ref = "./web"', twin, other: twin });
      const taken = await story.pets(['diff']);
      expect(taken.stdout + taken.stderr).toContain(`the Incus instance \`${story.name('twin')}\``);
      story.manifest({ web: 'flake-ref = "./web"' });
      await story.ok(['up', '--prune']);
    } finally {
      await run('incus', ['profile', 'delete', profile]);
    }
  });

  test('a daemon’s lock is one lock by all its names, and a stranger’s is none', async () => {
    story.plainFlake('web', SLOW);
    await must('git', ['-C', join(story.folder, 'web'), 'config', '--unset', 'core.fsmonitor']);
    const first = story.start(['up', '--progress', 'plain']);
    await seen(first.child, 'worker.service');
    symlinkSync(realpathSync(SOCKET), join(story.folder, 'incus.sock'));
    const second = await story.pets(['down', '--yes'], { INCUS_SOCKET: join(story.folder, 'incus.sock') });
    expect(second.code).toBe(75);
    expect(second.stderr).toContain(`process ${String(first.child.pid)}`);
    const shown = readdirSync('/dev/shm').filter((name) => name.startsWith('pets-'));
    await story.inside('web', 'touch', GO);
    expect(await first.ended).toMatchObject({ code: 0 });
    // Under all the names that were seen, and as the one who says nothing.
    const squat = `const { createServer } = require('node:net');
      for (const name of process.argv.slice(1)) createServer().listen('/dev/shm/' + name + 'x').on('error', () => {});
      setTimeout(() => console.log('there'), 500);`;
    const nobody = { uid: 65534, gid: 65534, cwd: '/' };
    const stranger = spawn(process.execPath, ['-e', squat, ...shown], nobody);
    await new Promise((resolve) => stranger.stdout.once('data', resolve));
    await story.ok(['up']);
    stranger.kill();
  });
});
