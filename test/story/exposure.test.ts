import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { answerOf, freePorts, get, must, run, Story } from './rig.js';

describe('where an app answers', () => {
  const story = new Story('listen');
  let port = 0;
  let spare = 0;

  const manifest = (listen: string, at = port) => {
    story.manifest({ web: `flake-ref = "./web"\nport = ${at}\nlisten = "${listen}"` });
  };
  const hold = (host: string, at: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer();
      server.listen(at, host, () => {
        resolve(server);
      });
    });

  beforeAll(async () => {
    [port = 0, spare = 0] = await freePorts(2);
    story.flake('web');
    story.page('web', 'the page');
    manifest('127.0.0.1');
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  test('the same port on the wildcard, then on IPv6, then back: no restart', async () => {
    const boots = await story.bootIds();
    manifest('0.0.0.0');
    await story.ok(['up']);
    expect((await answerOf(port, '127.0.0.3')).body).toBe('the page');
    manifest('::1');
    expect((await story.ok(['diff'])).stdout).toContain(`0.0.0.0:${port} → [::1]:${port}`);
    await story.ok(['up']);
    expect((await answerOf(port, '[::1]')).body).toBe('the page');
    expect(await get(port, '127.0.0.1')).toBeNull();
    expect((await story.pets(['diff', '--exit-code'])).code).toBe(0);
    manifest('127.0.0.1');
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('the page');
    expect(await story.bootIds()).toEqual(boots);
  });

  test('a wildcard over an address that somebody holds is refused; the old exposure goes on', async () => {
    const holder = await hold('127.0.0.9', port);
    manifest('0.0.0.0');
    const up = await story.pets(['up']);
    await new Promise((resolve) => holder.close(resolve));
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(`127.0.0.9:${port}`.replace('127.0.0.9', '0.0.0.0'));
    expect((await answerOf(port)).body).toBe('the page');
  });

  test('an address that the host does not have', async () => {
    manifest('203.0.113.7');
    const up = await story.pets(['up']);
    expect(up).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('203.0.113.7 is not an address of this host'),
    });
    expect((await answerOf(port)).body).toBe('the page');
  });

  test('a live change by hand that failed left the port dead: seen and healed', async () => {
    manifest('127.0.0.1');
    const holder = await hold('127.0.0.1', spare);
    const { name, devices } = (await story.instances())[0] ?? { name: '', devices: {} };
    const device = Object.keys(devices).find((key) => key.startsWith('web')) ?? '';
    const set = await run('incus', [
      'config',
      'device',
      'set',
      name,
      device,
      `listen=tcp:127.0.0.1:${spare}`,
    ]);
    expect(set.code).toBe(1);
    await new Promise((resolve) => holder.close(resolve));
    expect(await get(port)).toBeNull();
    expect((await story.ok(['diff'])).stdout).toContain('not listening → listening');
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('the page');
  });

  test('a proxy that was led elsewhere by hand', async () => {
    const name = story.name('web');
    const device =
      Object.keys((await story.instances())[0]?.devices ?? {}).find((key) => key.startsWith('web')) ?? '';
    await must('incus', ['config', 'device', 'set', name, device, 'connect=tcp:127.0.0.1:9']);
    expect((await story.ok(['diff'])).stdout).toContain(
      `127.0.0.1:${port} to tcp:127.0.0.1:9 → 127.0.0.1:${port}`,
    );
    await story.ok(['up']);
    expect((await answerOf(port)).body).toBe('the page');
    expect((await story.pets(['diff', '--exit-code'])).code).toBe(0);
  });

  test('a stopped app whose port was moved in the manifest starts on the new one', async () => {
    await must('incus', ['stop', '--force', story.name('web')]);
    manifest('127.0.0.1', spare);
    await story.ok(['up']);
    expect((await answerOf(spare)).body).toBe('the page');
    expect(await get(port)).toBeNull();
  });

  test('another Incus instance that declares the port, running or not, is named', async () => {
    const other = story.name('other');
    await must('incus', ['init', '--empty', other]);
    await must('incus', [
      'config',
      'device',
      'add',
      other,
      'p',
      'proxy',
      `listen=tcp:127.0.0.1:${port}-${port + 1}`,
      'connect=tcp:127.0.0.1:80',
    ]);
    manifest('127.0.0.1');
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain(`the Incus instance \`${other}\``);
    expect((await answerOf(spare)).body).toBe('the page');
  });
});
