import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, Story } from './rig.js';
import { onTerminal } from './terminal.js';

const UNIT = `systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };`;
const SIZE = { columns: 200, rows: 24 };

describe('down --volumes', () => {
  const story = new Story('down');
  const [web, db] = [story.name('web'), story.name('db')];
  const to = /Type the project's name/;

  beforeAll(async () => {
    story.plainFlake('app', UNIT);
    story.manifest({
      web: 'flake-ref = "./app"\nvolumes = { data = "/var/lib/web" }',
      db: 'flake-ref = "./app"\nvolumes = { data = "/var/lib/db", logs = "/var/log/db" }',
    });
    await story.ok(['up']);
    await must('incus', ['storage', 'volume', 'create', 'default', `${story.project}.stranger`]);
  });
  afterAll(async () => {
    await must('incus', ['storage', 'volume', 'delete', 'default', `${story.project}.stranger`]);
    await story.cleanUp();
  });
  const there = async () => [(await story.instances()).length, (await story.volumes()).length];

  test('--yes does not unlock it, nor another name', async () => {
    const refused = await story.pets(['down', '--volumes', '--yes']);
    expect(refused).toMatchObject({ code: 64 });
    expect(refused.stderr).toContain(`pets down --volumes --confirm ${story.project}`);
    expect(refused.stderr).toContain(`${db}/data, ${db}/logs, ${web}/data`);
    expect(await story.pets(['down', '--volumes', '--yes', '--confirm', web])).toMatchObject({ code: 64 });
    expect(
      await story.pets(['down', '--volumes'], { PETS_YES: '1', PETS_CONFIRM: story.project }),
    ).toMatchObject({
      code: 64,
    });
    expect(await there()).toEqual([2, 3]);
  });

  test('on a terminal: a yes, another name and Ctrl-C leave everything', async () => {
    const yes = await onTerminal(story, 'down --volumes --yes', SIZE, { to, keys: 'yes\n' });
    expect(yes).toContain('exit 64');
    expect(yes).toContain('nothing was touched');
    expect(await onTerminal(story, 'down --volumes', SIZE, { to, keys: `${web}\n` })).toContain('exit 64');
    expect(await onTerminal(story, 'down --volumes', SIZE, { to, keys: '\u0003' })).toContain('exit 130');
    expect(await there()).toEqual([2, 3]);
  });

  test('without it all are kept, and told with the command that deletes them', async () => {
    const { stderr } = await story.ok(['down', '--yes']);
    expect(stderr).toContain(`\`pets volume rm ${db}/logs\` deletes it`);
    expect(stderr).toContain(`kept: ${db}/data, ${db}/logs, ${web}/data; \`pets down --volumes\` deletes`);
    expect((await story.ok(['down', '--yes'])).stderr).toContain('kept: ');
    expect(await there()).toEqual([0, 3]);
  });

  test('one that somebody else uses: nothing is touched', async () => {
    await story.ok(['up']);
    const volume = (await story.volumes()).find((v) => v.config['user.pets.volume'] === 'logs');
    const user = `${story.project}-user`;
    await must('incus', ['init', '--empty', user]);
    await must('incus', [
      'config',
      'device',
      'add',
      user,
      'v',
      'disk',
      'pool=default',
      `source=${volume?.name ?? ''}`,
      'path=/v',
    ]);
    const failed = await story.pets(['down', '--volumes', '--confirm', story.project]);
    expect(failed).toMatchObject({ code: 65 });
    expect(failed.stderr).toContain(`\`${db}/logs\` cannot be deleted: \`${user}\` uses it too`);
    expect((await story.instances()).map(({ name, status }) => [name, status]).sort()).toEqual(
      [
        [web, 'Running'],
        [db, 'Running'],
        [user, 'Stopped'],
      ].sort(),
    );
    expect(await story.volumes()).toHaveLength(3);
    await must('incus', ['delete', user]);
    await story.ok(['down', '--volumes', '--confirm', story.project]);
    expect(await there()).toEqual([0, 0]);
    await must('incus', ['storage', 'volume', 'show', 'default', `${story.project}.stranger`]);
  });

  test('the name typed: containers and volumes go', async () => {
    await story.ok(['up']);
    const screen = await onTerminal(story, 'down --volumes', SIZE, { to, keys: `${story.project}\n` });
    expect(screen).toContain('exit 0');
    expect(screen).toContain(`deleted ${web}/data`);
    expect(screen).not.toContain('is kept');
    expect(await there()).toEqual([0, 0]);
    expect((await story.ok(['down', '--volumes'])).stderr).not.toContain('kept');
  });

  test('a restore asks likewise', async () => {
    await story.ok(['up']);
    await story.ok(['backup', web]);
    const asks = /Type the app's name/;
    const no = await onTerminal(story, `restore ${web}`, SIZE, { to: asks, keys: 'y\n' });
    expect(no).toContain('exit 64');
    expect(no).toContain('replaces data of');
    const yes = await onTerminal(story, `restore ${web}`, SIZE, { to: asks, keys: `${web}\n` });
    expect(yes).toContain('exit 0');
  });
});
