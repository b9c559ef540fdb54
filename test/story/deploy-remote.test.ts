import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DeployStory, removeProfile } from './deploy-story.js';
import { freePorts, must, standIn } from './rig.js';

/** Something that listens where the exposure leads. */
const SERVES =
  'systemd.services.page = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/busybox httpd -f -p 127.0.0.1:8080 -h /etc"; };';

describe('a remote flake', () => {
  const story = new DeployStory('deploy-remote');
  const named = story.name('named');
  let port = 0;
  const server = createServer((_, reply) => {
    reply.end(readFileSync(join(story.folder, 'app.tar.gz')));
  });
  const ref = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.tar.gz`;
  const publish = async (hostname: string, text: string) => {
    story.plainFlake('app', `${hostname} ${SERVES} environment.etc.text.text = "${text}";`);
    await must('tar', ['-czf', join(story.folder, 'app.tar.gz'), '-C', story.folder, 'app']);
  };
  const deploy = (...args: string[]) => story.pets(['deploy', ref(), ...args]);

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    server.close();
    await story.cleanUp();
    removeProfile(named);
  });

  test('must suggest a name, or be given one', async () => {
    await publish('', 'one');
    const unnamed = await deploy('--port', String(port), '--nixpkgs', standIn());
    expect(unnamed.code).toBe(64);
    expect(unnamed.stderr).toContain('does not suggest a name');
    expect(await story.instances()).toEqual([]);
  });

  test('is deployed under the name that it suggests, at its newest revision each time', async () => {
    const hostname = `incus.container.hostname = "${named}";`;
    await publish(hostname, 'one');
    expect(await deploy('--port', String(port), '--nixpkgs', standIn())).toMatchObject({ code: 0 });
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('one');
    await publish(hostname, 'two');
    await story.ok(['up', named, '--deployed']);
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('two');
    await publish(hostname, 'and two');
    await story.ok(['deploy', ref(), named]);
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('and two');
  });

  test('stays at that revision when it is adopted: pets.lock has it', async () => {
    story.manifest({});
    await publish('', 'three');
    await story.ok(['adopt', named, '--write']);
    expect(Object.keys((JSON.parse(story.read('pets.lock')) as { refs: object }).refs)).toEqual([ref()]);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect(await story.inside('named', 'cat', '/etc/text')).toBe('and two');
  });
});
