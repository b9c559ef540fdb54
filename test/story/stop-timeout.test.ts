import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Story } from './rig.js';

const DATA = '/var/lib/slow';
const KILLED = /ended by force \(it had not stopped within 2s\).*stop-timeout/;

/** Takes its time to write what it has in memory. */
const slow = (seconds: number, version = '1') => `systemd.services.slow = {
  wantedBy = [ "multi-user.target" ];
  environment.VERSION = "${version}";
  serviceConfig = {
    ExecStart = "/bin/sleep infinity";
    ExecStop = "/bin/sh -c 'sleep ${seconds}; echo ${version} >> ${DATA}/flushed; sync'";
    TimeoutStopSec = 300;
  };
};`;

describe('how long a stop may take', () => {
  const story = new Story('stop');
  const app = story.name('slow');
  const flushed = () => story.inside('slow', 'sh', '-c', `cat ${DATA}/flushed 2>&1 || true`);
  const manifest = (stopTimeout: string) => {
    story.manifest({
      slow: `flake-ref = "./slow"\nvolumes = { data = "${DATA}" }\nhealth = false\nstop-timeout = "${stopTimeout}"`,
    });
  };

  beforeAll(async () => {
    story.plainFlake('slow', slow(33));
    manifest('2m');
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('is the manifest’s: what needs more than the default is not killed', async () => {
    const { stderr } = await story.ok(['restart', app]);
    expect(await flushed()).toBe('1');
    expect(stderr).not.toContain('by force');
  });

  test('a change of it interrupts nothing', async () => {
    manifest('2s');
    const boots = await story.bootIds();
    expect((await story.ok(['diff'])).stdout).toContain('stop-timeout');
    await story.ok(['up']);
    expect(await story.bootIds()).toEqual(boots);
  });

  test('a kill is in the summary and in the record of the run, of an upgrade too', async () => {
    story.plainFlake('slow', slow(33, '2'));
    expect((await story.ok(['up'])).stderr).toMatch(KILLED);
    expect(await flushed()).toBe('1');
    expect((await story.ok(['runs', 'last', '--json'])).stdout).toMatch(KILLED);
  });

  test('a backup that was made after a kill says so, and so does who restores it', async () => {
    const { stdout, stderr } = await story.ok(['backup', app]);
    expect(stderr).toMatch(KILLED);
    const file = readFileSync(join(stdout.trim(), 'backup.json'), 'utf8');
    expect(JSON.parse(file)).toMatchObject({ killed: 'it had not stopped within 2s' });
    expect((await story.ok(['backups'])).stdout).toContain('copied after a kill');
    const restored = await story.ok(['restore', app, '--confirm', app]);
    expect(restored.stderr).toContain('ended by force before this was copied');
  });

  test('of an app that left the manifest it is as it was last applied', async () => {
    story.manifest({});
    expect((await story.ok(['up', '--prune'])).stderr).toMatch(KILLED);
  });
});
