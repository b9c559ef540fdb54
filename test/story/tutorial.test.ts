import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, commandsOf, filesOf, pageText } from '../pages.js';
import { freePorts, must, PROGRAM, run, standIn, Story } from './rig.js';

// docs/tutorial.md, from top to bottom: its files are written, its commands are run in one shell after the other.
const page = 'docs/tutorial.md';
const story = new Story('tut');
const app = story.name('notes');
const scenes = pageText(page)
  .split(/^## /m)
  .slice(1)
  .map((text) => [text.split('\n')[0] ?? '', blocksOf(text)] as const);

/** Names and ports that nobody else on this machine has. */
let here = (text: string) => text;
let folder = story.folder;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  here = (text) =>
    text
      .replaceAll('project = "box"', `project = "${story.project}"`)
      .replace(/(apps\.|pets \w+ |rm |--confirm )notes\b/g, `$1${app}`)
      .replaceAll('7700', String(port));
  story.write('.bin/pets', `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} "$@"\n`);
  chmodSync(join(story.folder, '.bin/pets'), 0o755);
  await pinStandIn();
});
afterAll(() => story.cleanUp());

/** The page's nixpkgs is the real one; the lock says what that is here. */
async function pinStandIn(): Promise<void> {
  const metadata = await must('nix', ['flake', 'metadata', '--json', standIn()]);
  const { narHash } = (JSON.parse(metadata) as { locked: { narHash: string } }).locked;
  const pin = { locked: `${standIn()}?narHash=${encodeURIComponent(narHash)}`, narHash };
  const refs = { 'github:nixos/nixpkgs/nixos-25.11': pin };
  story.write('box/pets.lock', JSON.stringify({ refs, version: 1 }));
}

/** What a command printed; it must end with the code that the page says. */
async function shell(command: string, wanted: number): Promise<string> {
  const PATH = `${join(story.folder, '.bin')}:${process.env['PATH'] ?? ''}`;
  const env = { ...story.env(), PATH, PETS_NIXPKGS: standIn() };
  const { code, stdout, stderr } = await run('bash', ['-c', command], { cwd: folder, env });
  // The pets of other stories are what they are, and without a manifest it looks at all of them.
  const others = command === 'pets doctor' && /^✖ forwarders /m.test(stdout) && !stdout.includes(app);
  if (code !== wanted && !(others && stdout.match(/^✖ /gm)?.length === 1))
    throw new Error(`${command}: exit ${String(code)}, not ${wanted}\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

test.each(scenes)('%s', async (_, blocks) => {
  for (const block of blocks.filter(({ notRun }) => notRun === null)) {
    for (const { path, text } of filesOf(block)) story.write(path, here(text));
    if (block.language !== 'sh') continue;
    for (const { command, exit, says } of commandsOf(block)) {
      const [, to] = /^cd (\S+)$/.exec(command) ?? [];
      if (to !== undefined) {
        folder = join(folder, to);
        continue;
      }
      const printed = await shell(here(command), exit);
      if (command.startsWith('curl'))
        expect([command, printed]).toEqual([command, expect.stringContaining(says ?? '\n')]);
    }
  }
});

test('nothing is left', async () => {
  expect([await story.instances(), await story.volumes()]).toEqual([[], []]);
});
