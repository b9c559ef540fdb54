import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { run } from '../src/cli/args.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith('.md'),
);

/** As `pets --help` lists them: `diff|plan [options] [app...]`. */
async function verbs(): Promise<string[]> {
  const stdout = new PassThrough();
  const { stdin, stderr } = process;
  await run(['--help'], {
    cwd: '/',
    env: {},
    stdin,
    stdout,
    stderr,
    draining: () => Promise.reject(new Error()),
  });
  const commands = [...String(stdout.read()).matchAll(/^ {2}([a-z|]+) +\S/gm)];
  return commands.flatMap((match) => match[1]?.split('|') ?? []);
}
const VERBS = await verbs();

test('there are commands', () => {
  expect(VERBS).toEqual(expect.arrayContaining(['up', 'diff', 'plan', 'ps', 'list', 'volume']));
});

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  test('shows only commands that there are', () => {
    const code = [...text.matchAll(/`([^`\n]+)`|```sh\n([^`]*)```/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    const shown = code.flatMap((c) =>
      [...c.matchAll(/(?:^|\s)(?:pets|node dist\/pets\.mjs) ([a-z]+)/gm)].map((m) => m[1]),
    );
    expect(shown.filter((verb) => !VERBS.includes(verb ?? ''))).toEqual([]);
    const scripts = (
      JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    ).scripts;
    const used = [...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
    expect(used.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('links to files that there are', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([]);
  });
});
