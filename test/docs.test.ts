import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((page) =>
  page.endsWith('.md'),
);
const VERBS = [
  'up',
  'diff',
  'plan',
  'down',
  'ps',
  'list',
  'runs',
  'validate',
  'config',
  'schema',
  'volume',
  'backup',
  'backups',
  'restore',
  'history',
  'rollback',
  'deploy',
  'adopt',
];

describe.each(PAGES)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  test('shows only commands that there are', () => {
    const code = [...text.matchAll(/`([^`\n]+)`|```sh\n([^`]*)```/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    const verbs = code.flatMap((c) =>
      [...c.matchAll(/(?:^|\s)(?:pets|node dist\/pets\.mjs) ([a-z]+)/gm)].map((m) => m[1]),
    );
    expect(verbs.filter((verb) => !VERBS.includes(verb ?? ''))).toEqual([]);
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
