import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freeRange } from '../ports.js';
import { answerOf, freePorts, must, Story } from './rig.js';

/** Answers every datagram on 127.0.0.1:5300 with its text, and every connection on 9001 to 9003 with the port. */
const ECHO = `
  systemd.services.echo = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "/usr/bin/perl \${builtins.toFile "echo.pl" ''
      use IO::Socket::INET; use IO::Select;
      my $udp = IO::Socket::INET->new(LocalAddr => "127.0.0.1:5300", Proto => "udp") or die;
      my @tcp = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1:$_", Listen => 5, ReuseAddr => 1) or die } 9001 .. 9003;
      my $all = IO::Select->new($udp, @tcp);
      while (my @ready = $all->can_read) { for my $s (@ready) {
        if ($s == $udp) { $udp->recv(my $text, 999); $udp->send("heard $text"); }
        else { my $c = $s->accept; my $p = $s->sockport; print $c "HTTP/1.0 200 OK\\r\\n\\r\\n$p"; close $c; }
      } }
    ''}";
  };
`;

/** `patienceMs`: what is never answered is no answer. */
function ask(port: number, text: string, patienceMs = 60_000): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answer: string | null) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      end(null);
    }, patienceMs);
    socket.on('message', (reply) => {
      end(reply.toString());
    });
    socket.send(text, port, '127.0.0.1');
  });
}

function getOver(socketPath: string): Promise<string | null> {
  return new Promise((resolve) => {
    const req = request({ socketPath, path: '/' }, (reply) => {
      let body = '';
      reply.on('data', (chunk: Buffer) => (body += chunk.toString()));
      reply.on('end', () => {
        resolve(body.trim());
      });
    });
    req.on('error', () => {
      resolve(null);
    });
    req.end();
  });
}

describe('publish', () => {
  // A datagram that comes before its service listens is lost: the default health waits for that.
  const story = new Story('pub', { isWatched: true });
  let [web, dns, first, other] = [0, 0, 0, 0];
  const socket = () => join(story.folder, 'web.sock');

  beforeAll(async () => {
    [web = 0, dns = 0, other = 0] = await freePorts(3);
    [first = 0] = await freeRange(3);
    story.plainFlake('echo', ECHO);
    story.flake('web');
    story.page('web', 'a page');
  });
  afterAll(() => story.cleanUp());

  const publish = (...entries: readonly string[]) =>
    `publish = [\n${entries.map((e) => `  { ${e} },`).join('\n')}\n]`;

  test('udp, a range, another port of the guest, a socket of the host, IPv6: all of them answer', async () => {
    story.manifest({
      echo: `flake-ref = "./echo"\n${publish(
        `port = ${dns}, to = 5300, protocol = "udp"`,
        `port = "${first}-${first + 2}", to = "9001-9003"`,
        `port = ${other}, to = 9002, listen = "::1"`,
      )}`,
      web: `flake-ref = "./web"\nport = ${web}\n${publish('socket = "./web.sock", mode = "0666"')}`,
    });
    await story.ok(['up']);
    expect(await ask(dns, 'hello')).toBe('heard hello');
    expect(await Promise.all([0, 1, 2].map(async (n) => (await answerOf(first + n)).body))).toEqual([
      '9001',
      '9002',
      '9003',
    ]);
    expect((await answerOf(other, '[::1]')).body).toBe('9002');
    expect(await getOver(socket())).toBe('a page');
    expect(statSync(socket()).mode & 0o777).toBe(0o666);
    expect((await answerOf(web)).body).toBe('a page');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('a change touches that exposure and nothing else', async () => {
    const boots = await story.bootIds();
    const device = async (name: string) =>
      (await story.instances()).find((i) => i.name === story.name('echo'))?.devices[name];
    const range = await device('publish-2');
    story.write('pets.toml', story.read('pets.toml').replace('to = 9002, listen', 'to = 9003, listen'));
    expect((await story.ok(['diff'])).stdout).toMatch(/proxy update +interrupts the exposure for a moment/);
    await story.ok(['up']);
    expect((await answerOf(other, '[::1]')).body).toBe('9003');
    expect(await device('publish-2')).toEqual(range);
    expect(await story.bootIds()).toEqual(boots);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('one that somebody took away is drift, and comes back', async () => {
    await must('incus', ['config', 'device', 'remove', story.name('echo'), 'publish-1']);
    expect((await story.ok(['diff'])).stdout).toContain('drifted');
    await story.ok(['up']);
    expect(await ask(dns, 'again')).toBe('heard again');
  });

  test('what is taken is told before anything is touched: a udp port, a range, a socket file', async () => {
    const before = await story.instances();
    const taken = createServer().listen(0, '127.0.0.1');
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await Promise.all([taken, udp].map((s) => new Promise((resolve) => s.once('listening', resolve))));
    // They must not outlive the test, or it never ends.
    for (const socket of [taken, udp]) socket.unref();
    const [port, datagrams] = [(taken.address() as { port: number }).port, udp.address().port];
    writeFileSync(join(story.folder, 'notes.txt'), 'precious');
    story.manifest({
      echo: `flake-ref = "./echo"\n${publish(
        `port = "${port - 1}-${port + 1}", to = 9001`,
        `port = ${datagrams}, to = 5300, protocol = "udp"`,
        'socket = "./notes.txt", to = 9001',
      )}`,
      web: `flake-ref = "./web"\nport = ${web}`,
    });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    for (const words of [
      `127.0.0.1:${port - 1}-${port + 1} is taken`,
      `${datagrams}/udp is taken`,
      'notes.txt',
    ])
      expect(up.stderr).toContain(words);
    expect(up.stderr.match(/pets\.toml:\d+:\d+/g)).toHaveLength(3);
    expect(await story.instances()).toEqual(before);
    expect(readFileSync(join(story.folder, 'notes.txt'), 'utf8')).toBe('precious');
    taken.close();
    udp.close();
  });

  test('what left the manifest is closed', async () => {
    story.manifest({
      echo: 'flake-ref = "./echo"',
      web: `flake-ref = "./web"\nport = ${web}`,
    });
    await story.ok(['up']);
    expect(await ask(dns, 'anybody', 3000)).toBeNull();
    expect(await getOver(socket())).toBeNull();
    expect((await answerOf(web)).body).toBe('a page');
  });

  test('two apps swap their published ports in one run', async () => {
    const both = (a: number, b: number) => {
      story.manifest({
        echo: `flake-ref = "./echo"\n${publish(`port = ${a}, to = 9001`)}`,
        web: `flake-ref = "./web"\nport = ${web}\n${publish(`port = ${b}, to = 8080`)}`,
      });
    };
    both(first, first + 1);
    await story.ok(['up']);
    both(first + 1, first);
    await story.ok(['up']);
    expect((await answerOf(first + 1)).body).toBe('9001');
    expect((await answerOf(first)).body).toBe('a page');
  });
});
