import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from '../src/cli/args.js';
import { readManifest } from '../src/manifest/read.js';
import { ProblemError } from '../src/domain/problem.js';
import { blocksOf, commandsOf, filesOf, PAGES, pageText, ROOT } from './pages.js';
import { written } from './written.js';

/** Pages whose commands a story runs, from top to bottom. */
const RUN: Readonly<Record<string, string>> = { 'docs/tutorial.md': 'test/story/tutorial.test.ts' };

const helps = new Map<string, Promise<string | null>>();

/** What the help of a command says; null: there is no such command. */
function helpOf(...command: readonly string[]): Promise<string | null> {
  const words = command.join(' ');
  const help = helps.get(words) ?? askForHelp(command);
  helps.set(words, help);
  return help;
}

async function askForHelp(command: readonly string[]): Promise<string | null> {
  const stdout = new PassThrough();
  const { stderr } = process;
  const stdin = () => process.stdin;
  const draining = <T>(work: (stop: AbortSignal) => Promise<T>) => work(new AbortController().signal);
  const argv = [...command, '--help'];
  try {
    await run(argv, { cwd: '/', env: {}, stdin, stdout, stderr, draining });
  } catch (error) {
    if (error instanceof ProblemError) return null;
    throw error;
  }
  const help = await written(stdout);
  // Of a verb that there is not, the whole program's is shown.
  return new RegExp(`^Usage: pets (?:\\w+\\|)?${command.join(' ')}\\b`).test(help) ? help : null;
}

/** Verbs and options of each `pets …` on a page, in code spans and in blocks. */
function usesOf(text: string): { verb: string; options: string[] }[] {
  const blocks = blocksOf(text).filter(({ language }) => language === 'sh');
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');
  const lines = [...spans, ...blocks.flatMap((block) => commandsOf(block).map(({ command }) => command))];
  return lines.flatMap((line) =>
    [...line.matchAll(/(?:^|\s)(?:pets|node dist\/pets\.mjs) ([a-z]+)([^|;&]*)/g)].map(
      ([, verb = '', rest = '']) => ({
        verb,
        // What comes behind `--` is another program's.
        options: (/^(.*?)(?: -- |$)/.exec(rest)?.[1] ?? '').match(/(?<=[\s[])--?[a-z][a-z-]*/g) ?? [],
      }),
    ),
  );
}

/** Commands and options in a text that pets does not have. */
async function unknownIn(text: string): Promise<string[]> {
  const unknown: string[] = [];
  for (const { verb, options } of usesOf(text)) {
    const help = await helpOf(verb);
    // `pets volume rm` and its kin have their options at the second word.
    const own =
      verb === 'volume'
        ? `${(await helpOf('volume', 'rm')) ?? ''}${(await helpOf('volume', 'ls')) ?? ''}`
        : help;
    if (own === null) unknown.push(verb);
    else
      unknown.push(
        ...options
          .filter((option) => !new RegExp(`[ ,]${option}[ ,\n]`).test(own))
          .map((o) => `${verb} ${o}`),
      );
  }
  return unknown;
}

describe.each(PAGES)('%s', (page) => {
  const text = pageText(page);

  test('shows only commands and options that there are', async () => {
    expect(await unknownIn(text)).toEqual([]);
  });

  test('uses scripts that there are', () => {
    const { scripts } = JSON.parse(pageText('package.json')) as { scripts: Record<string, string> };
    const used = [...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? '');
    expect(used.filter((script) => !(script in scripts))).toEqual([]);
  });

  test('each command in a block is run by a story, or says why not', () => {
    const shell = blocksOf(text).filter(({ language }) =>
      ['sh', 'console', 'bash', 'shell'].includes(language),
    );
    const story = RUN[page];
    const loose = shell.filter(({ notRun }) => notRun === null).map(({ line }) => `${page}:${line}`);
    expect(story === undefined ? loose : []).toEqual([]);
    expect(story === undefined || existsSync(join(ROOT, story))).toBe(true);
    expect(shell.filter(({ notRun }) => notRun === '')).toEqual([]);
  });

  test('shows whole manifests that are valid', () => {
    const manifests = blocksOf(text).filter(
      (block) => block.language === 'toml' && /^project = /m.test(block.text),
    );
    for (const { text: manifest, line } of manifests)
      expect([line, readManifest(manifest, { file: page, directory: ROOT })]).toMatchObject([
        line,
        { ok: true },
      ]);
  });

  test('links to files and headings that there are', () => {
    const plain = text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
    const links = [...plain.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
    const dead = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = '', heading] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(join(ROOT, target))) return true;
      return heading !== undefined && !headingsOf(pageText(target)).includes(heading);
    });
    expect(dead).toEqual([]);
  });
});

/** As they are linked to: lower case, hyphens for spaces, no punctuation. */
function headingsOf(text: string): string[] {
  const titles = [...text.replace(/^```[^]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(
    ([, title]) => title ?? '',
  );
  return titles.map((title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('the readers of pages tell what is there', () => {
  const page =
    '```sh\npets up   # exit 3\n# a remark\npets ps\n```\n<!-- not run here: why -->\n```sh\nrm x # y\n```\n';
  const [first, second] = blocksOf(page);
  expect(first).toMatchObject({ language: 'sh', line: 1, notRun: null });
  expect(second).toMatchObject({ line: 7, notRun: 'why' });
  expect(first && commandsOf(first)).toEqual([
    { command: 'pets up', exit: 3, says: null },
    { command: 'pets ps', exit: 0, says: null },
  ]);
  expect(second && commandsOf(second)).toEqual([{ command: 'rm x', exit: 0, says: 'y' }]);
  expect(filesOf({ language: 'nix', text: '# a/b.nix\n{ }\n', line: 1, notRun: null })).toEqual([
    { path: 'a/b.nix', text: '# a/b.nix\n{ }\n' },
  ]);
  expect(usesOf('`pets exec web -- ls --all`, `pets up --prune`')).toEqual([
    { verb: 'exec', options: [] },
    { verb: 'up', options: ['--prune'] },
  ]);
});

test('the examples of the manual page use only commands and options that there are', async () => {
  const page = pageText('docs/pets.1').replaceAll('\\-', '-').replaceAll('\\e', '\\');
  const examples = [...page.matchAll(/^ {4}\$ (.*)$/gm)].map(([, line = '']) => line);
  expect(examples.length).toBeGreaterThan(50);
  expect(await unknownIn(examples.map((line) => `\`${line}\``).join('\n'))).toEqual([]);
});

describe('docs/decisions', () => {
  const pages = PAGES.filter((page) => /^docs\/decisions\/\d/.test(page)).sort();
  const index = pageText('docs/decisions/README.md');

  test('each says when, what, why, and what not', () => {
    const parts =
      /^# [^\n]+\n\nDate: \d{4}-\d\d-\d\d\n\n\*\*Decision\.\*\* [^]+\n\n\*\*Why\.\*\* [^]+\n\n\*\*Not chosen\.\*\* /;
    expect(pages.filter((page) => !parts.test(pageText(page)))).toEqual([]);
  });

  test('the index has each of them, by its number, title and date', () => {
    const rows = pages.map((page) => {
      const [, title = '', date = ''] = /^# (.*)\n\nDate: (.*)\n/.exec(pageText(page)) ?? [];
      const file = page.slice('docs/decisions/'.length);
      return `| [${String(Number(file.slice(0, 4)))}. ${title}](${file}) | ${date} |`;
    });
    expect(index.split('\n').filter((line) => line.startsWith('| ['))).toEqual(rows);
  });

  test('no number is given twice', () => {
    const numbers = pages.map((page) => Number(/\d{4}/.exec(page)?.[0]));
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  });
});

test("the skill's front matter names it and says when to use it", () => {
  const [, matter = ''] = /^---\n([^]*?)\n---\n/.exec(pageText('docs/skill/SKILL.md')) ?? [];
  const fields = Object.fromEntries(
    [...matter.matchAll(/^(\w+): (.*)$/gm)].map(([, key = '', value = '']) => [key, value] as const),
  );
  expect(fields).toEqual({ name: 'pets', description: expect.stringMatching(/^.{40,500}$/) });
});
