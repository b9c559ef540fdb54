import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/places.js';

export { ROOT } from './support/places.js';

/** Every page that a person reads, relative to the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md'));

export type Block = {
  /** `sh`, `nix`; empty where it says nothing. */
  readonly language: string;
  readonly text: string;
  /** Of the fence, from 1. */
  readonly line: number;
  /** Why no test runs it: `<!-- not run here: … -->` on the line above. */
  readonly notRun: string | null;
};

export function pageText(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** What is between fences, in order. */
export function blocksOf(text: string): Block[] {
  const fences = /(?:^<!-- not run here: ([^\n]*?) -->\n)?^```([a-z]*)\n([^]*?)^```$/gm;
  return [...text.matchAll(fences)].map(({ index, 1: notRun, 2: language = '', 3: inside = '' }) => ({
    language,
    text: inside,
    line: text.slice(0, index).split('\n').length + (notRun === undefined ? 0 : 1),
    notRun: notRun ?? null,
  }));
}

export type Command = {
  readonly command: string;
  /** What the comment behind it says: the exit code, or words of the output. */
  readonly exit: number;
  readonly says: string | null;
};

/** The commands of a block, one a line: `pets up   # exit 3`. */
export function commandsOf({ text }: Block): Command[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, command = '', comment = ''] = /^(.*?)(?:\s+# (.*))?$/.exec(line) ?? [];
    const exit = /^exit (\d+)$/.exec(comment)?.[1];
    return { command, exit: Number(exit ?? 0), says: exit === undefined && comment !== '' ? comment : null };
  });
}

/** Files that a page has one write: their path is in the first line, as a comment. */
export function filesOf(block: Block): { path: string; text: string }[] {
  const [, path] = /^# (\S+\/\S+)\n/.exec(block.text) ?? [];
  return path !== undefined && ['nix', 'toml'].includes(block.language) ? [{ path, text: block.text }] : [];
}
