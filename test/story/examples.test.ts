import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { answerOf, freePorts, ROOT, standIn, Story } from './rig.js';

// examples/ as it is, but for names and ports that nobody else on this machine has.
const story = new Story('ex');

type Row = { name: string; url: string | null; state: string };
const list = async () => (JSON.parse((await story.ok(['ps', '--json'])).stdout) as { apps: Row[] }).apps;

beforeAll(async () => {
  cpSync(join(ROOT, 'examples'), story.folder, { recursive: true });
  const text = story.read('pets.toml');
  const ports = await freePorts([...text.matchAll(/^port = /gm)].length);
  story.write(
    'pets.toml',
    text
      .replace(/^project = .*$/m, `project = "${story.project}"`)
      .replace(/^\[defaults\]$/m, `[defaults]\nnixpkgs = "${standIn()}"`)
      .replace(/^\[apps\.(.+)\]$/gm, (_, app: string) => `[apps.${story.name(app)}]`)
      .replace(/^port = \d+/gm, () => `port = ${String(ports.shift())}`),
  );
});
afterAll(() => story.cleanUp());

test('each comes up, and its page answers', async () => {
  await story.ok(['up']);
  const rows = await list();
  expect(rows.map(({ state }) => state)).toEqual(rows.map(() => 'running'));
  const pages = rows.flatMap(({ url }) => (url === null ? [] : [new URL(url)]));
  const answers = await Promise.all(pages.map(({ port, hostname }) => answerOf(Number(port), hostname)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test('there is nothing more to do, and `down` takes all away but the data', async () => {
  expect((await story.ok(['diff', '--exit-code'])).code).toBe(0);
  await story.ok(['down', '--yes']);
  expect([await story.instances(), (await story.volumes()).length]).toEqual([[], 1]);
});
