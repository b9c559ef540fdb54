import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PROGRAM, Story } from './rig.js';

describe('completion', () => {
  const story = new Story('tab');
  const app = story.name('web');

  beforeAll(async () => {
    story.flake('web');
    story.manifest({ web: 'flake-ref = "./web"\ntags = ["public"]\nvolumes = { data = "/data" }' });
    story.write('.bin/pets', `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`);
    chmodSync(join(story.folder, '.bin', 'pets'), 0o755);
    await story.ok(['up']);
  });
  afterAll(() => story.cleanUp());

  async function offered(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string[]> {
    const { stdout, stderr } = await story.ok(['__complete', '--', ...words], env);
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t')[0] ?? '');
  }

  test('names that only the machine has', async () => {
    expect(await offered(['rollback', app, ''])).toEqual(['1']);
    expect(await offered(['volume', 'rm', ''])).toEqual([`${app}/data`]);
    expect(await offered(['runs', 'l'])).toEqual(['last']);
    expect(await offered(['runs', '2'])).toHaveLength(1);
  });

  test('a daemon that says nothing: nothing is offered, soon', async () => {
    const socket = join(story.folder, 'mute.socket');
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const env = { INCUS_SOCKET: socket };
    expect(await offered(['rollback', app, ''], env)).toEqual([]);
    // Apps are in the manifest.
    expect(await offered(['up', app.slice(0, -1)], env)).toEqual([app]);
    server.close();
  });

  test('in bash, by the tab key', async () => {
    const typed = [
      'pets val\t',
      `pets up ${app.slice(0, -1)}\t`,
      'pets up @pu\t',
      'pets up --color=al\t',
      'pets up -f pets.t\t',
      'pets up --file=pets.t\t',
      `pets rollback ${app} \t`,
      `pets volume rm ${app}/\t`,
      'pets nothing-like-that \t',
    ];
    expect(await inBash(story, typed)).toEqual([
      'pets validate ',
      `pets up ${app} `,
      'pets up @public ',
      'pets up --color=always ',
      'pets up -f pets.toml ',
      'pets up --file=pets.toml ',
      `pets rollback ${app} 1 `,
      `pets volume rm ${app}/data `,
      'pets nothing-like-that ',
    ]);
  });
});

/** What each line has become. Before it is run, `echo` is put in front of it: Ctrl-A and Ctrl-E move the cursor. */
function inBash(story: Story, lines: readonly string[]): Promise<string[]> {
  const child = spawn('script', ['--quiet', '--command', 'bash --noprofile --norc -i', '/dev/null'], {
    cwd: story.folder,
    env: {
      ...story.env(),
      PATH: `${story.folder}/.bin:${process.env['PATH'] ?? ''}`,
      TERM: 'dumb',
      HISTFILE: '',
    },
    timeout: 60_000,
  });
  // `<` and `>` would be redirections, were they not quoted.
  const inputs = [
    'source <(pets completion bash); echo "<ready>"\n',
    ...lines.map((line) => `${line}\u0001echo "<\u0005>"\n`),
  ];
  const echoed = () => [...screen.matchAll(/^<(.*)>\r?$/gm)].map((match) => match[1] ?? '');
  let screen = '';
  let sent = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString();
    // One after the other: what is typed ahead, the terminal may take for itself.
    if (echoed().length === sent && /\$ $|# $/.test(screen)) child.stdin.write(inputs[sent++] ?? 'exit\n');
  });
  return new Promise((resolve) => {
    child.on('close', () => {
      resolve(echoed().slice(1));
    });
  });
}
