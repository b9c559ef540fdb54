import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, Story } from './rig.js';

type Told = { kind: string; app: string | null; message: string; project: string };
type Listed = { alerts: { kind: string; app: string }[]; undelivered: number };

describe('what goes wrong', () => {
  const story = new Story('alerts');
  const app = story.name('app');
  const got: Told[] = [];
  let port = 0;
  let server: Server | null = null;
  let status = 200;

  const GOOD = 'environment.etc."version".text =';
  const BAD = 'system.activationScripts.broken = "echo cannot; exit 1";';
  const write = (module: string, notify: string) => {
    story.plainFlake('app', module);
    story.manifest({ app: 'flake-ref = "./app"' });
    story.write('pets.toml', `${story.read('pets.toml')}\n${notify}`);
  };
  const notify = (more = '') =>
    `[notify]\ncommand = ["sh", "-c", "cat >> told"]\nurl = { env = "A_PLACE" }\n${more}`;
  const env = () => ({ A_PLACE: `http://127.0.0.1:${port}/a-secret-place` });
  const listen = async () => {
    const made = (server = createServer((request, reply) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        if (status === 200) got.push(JSON.parse(body) as Told);
        reply.writeHead(status).end();
      });
    }));
    await new Promise<void>((resolve) => made.listen(port, '127.0.0.1', resolve));
  };
  const away = async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    server = null;
  };
  /** What came since this was asked last, by each of the two ways. */
  const told = () => {
    const file = join(story.folder, 'told');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    writeFileSync(file, '');
    const command = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Told);
    return { command: command.map(({ kind }) => kind), url: got.splice(0).map(({ kind }) => kind) };
  };
  const listed = async () => JSON.parse((await story.ok(['alerts', '--json'])).stdout) as Listed;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    await listen();
  });
  afterAll(async () => {
    await away();
    await story.cleanUp();
  });

  test('is kept where nobody is told, listed, marked by `ps`, and closes itself', async () => {
    write(`${GOOD} 1;`, '');
    expect((await story.pets(['up'])).code).toBe(1);
    const alerts = await story.ok(['alerts']);
    expect(alerts.stdout).toMatch(new RegExp(`^APP .*\n${app} +failed +20\\d\\d-\\S+ \\d\\d:\\d\\dZ +.+\n$`));
    expect((await listed()).alerts).toMatchObject([{ kind: 'failed', app }]);
    expect((await story.ok(['ps'])).stdout).toContain('alert: failed');
    write(`${GOOD} "1";`, '');
    await story.ok(['up']);
    expect(await story.ok(['alerts'])).toMatchObject({ stdout: 'No alerts are open.\n', stderr: '' });
    expect((await story.ok(['ps'])).stdout).not.toContain('alert:');
    expect(await story.pets(['notify', '--test'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('the manifest has no [notify]'),
    });
  });

  test('a test reaches the program and the receiver, and says so', async () => {
    write(`${GOOD} "1";`, notify());
    expect(await story.ok(['notify'], env())).toMatchObject({
      stdout: `Nothing of \`${story.project}\` waits to be told.\n`,
    });
    expect(await story.ok(['notify', '--test'], env())).toMatchObject({ stdout: '1 notice delivered\n' });
    expect(told()).toEqual({ command: ['test'], url: ['test'] });
  });

  test('an upgrade that is taken back is told once, and that it is mended', async () => {
    write(`${GOOD} "2"; ${BAD}`, notify());
    expect((await story.pets(['up'], env())).code).toBe(3);
    expect(told()).toEqual({ command: ['rolled-back'], url: ['rolled-back'] });
    for (const again of [['up'], ['up', '--retry'], ['diff'], ['up', '--dry-run']])
      await story.pets(again, env());
    expect(told()).toEqual({ command: [], url: [] });
    expect((await story.ok(['ps', '--json'])).stdout).toContain('"rolled-back"');
    write(`${GOOD} "3";`, notify());
    await story.ok(['up'], env());
    expect(told()).toEqual({ command: ['mended'], url: ['mended'] });
    await story.ok(['up'], env());
    expect(told()).toEqual({ command: [], url: [] });
  });

  test('what `on` does not name is not told', async () => {
    write(`${GOOD} "4"; ${BAD}`, notify('on = ["updated"]'));
    expect((await story.pets(['up'], env())).code).toBe(3);
    write(`${GOOD} "5";`, notify('on = ["updated"]'));
    await story.ok(['up'], env());
    expect(told()).toEqual({ command: ['updated'], url: ['updated'] });
  });

  test('whoever is away gets it with a later run, once, and the run goes as it goes', async () => {
    write(`${GOOD} "6"; ${BAD}`, notify());
    await away();
    const up = await story.pets(['up'], env());
    expect(up.code).toBe(3);
    expect(up.stderr).toMatch(
      /a notice is not delivered.*url: the receiver does not answer \(ECONNREFUSED\)/,
    );
    expect(up.stderr).not.toContain('a-secret-place');
    expect(told()).toEqual({ command: ['rolled-back'], url: [] });
    expect((await listed()).undelivered).toBe(1);
    expect((await story.ok(['alerts'])).stderr).toContain('`pets notify` tries again');

    status = 500;
    await listen();
    const refused = await story.pets(['notify'], env());
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('url: the receiver answers with status 500');
    status = 200;
    write(`${GOOD} "7";`, notify());
    await story.ok(['up'], env());
    expect(told()).toEqual({ command: ['mended'], url: ['rolled-back', 'mended'] });
    expect((await listed()).undelivered).toBe(0);
  });

  test('a place that is not to be had is a warning of the run', async () => {
    write(`${GOOD} "8"; ${BAD}`, notify());
    const up = await story.pets(['up']);
    expect(up.code).toBe(3);
    expect(up.stderr).toContain('url: the variable `A_PLACE` is not set');
    expect(told()).toEqual({ command: ['rolled-back'], url: [] });
  });

  test('of what cannot be read it is not said that nothing is wrong; the next run begins it anew', async () => {
    const file = join(story.folder, '.state', story.project, 'alerts.json');
    writeFileSync(file, '{}');
    expect(await story.pets(['alerts'])).toMatchObject({ code: 1, stdout: '' });
    expect((await story.ok(['ps'])).stderr).toContain('what is kept of alerts cannot be read');
    expect((await story.pets(['up'], env())).stderr).toContain('it is begun anew');
    expect(await story.ok(['alerts'])).toMatchObject({ stdout: 'No alerts are open.\n' });
    writeFileSync(file, '{}');
    story.plainFlake('app', `${GOOD} "10"; ${BAD}`);
    const up = await story.pets(['up'], env());
    expect(up).toMatchObject({ code: 3, stderr: expect.stringContaining('it is begun anew') });
    expect((await listed()).alerts).toMatchObject([{ kind: 'rolled-back' }]);
  });

  test('a backup that fails is an alert, and the next one closes it', async () => {
    story.plainFlake('app', `${GOOD} "9";`);
    story.manifest({ app: 'flake-ref = "./app"\nvolumes = { data = "/var/lib/data" }' });
    story.write('pets.toml', `${story.read('pets.toml')}\n${notify()}`);
    await story.ok(['up'], env());
    told();
    story.write('a-file', '');
    const failing = await story.pets(['backup', app, '--output', './a-file/below'], env());
    expect(failing.code).toBe(1);
    expect(told()).toEqual({ command: ['backup-failed'], url: ['backup-failed'] });
    expect((await story.ok(['ps'])).stdout).toContain('alert: backup failed');
    await story.ok(['backup', app], env());
    expect(told()).toEqual({ command: ['mended'], url: ['mended'] });
  });

  test('is over with the app', async () => {
    await story.ok(['down', '--yes'], env());
    expect((await listed()).alerts).toEqual([]);
  });
});
