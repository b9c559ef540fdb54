import { cleanText, createStyle } from '../style.js';

/** `before`: null where there is no such file. */
export type FileChange = { readonly path: string; readonly before: string | null; readonly after: string };

const CONTEXT = 3;

/** What becomes of files, as `diff -u` shows it: each is changed in one place. */
export function fileDiffText(changes: readonly FileChange[], color: boolean): string {
  const { green, red, cyan, bold } = createStyle(color);
  return changes
    .flatMap(({ path, before, after }) => [
      bold(`--- ${before === null ? '/dev/null' : cleanText(path)}`),
      bold(`+++ ${cleanText(path)}`),
      ...hunk(before ?? '', after).map((line) => {
        const paint = line.startsWith('+')
          ? green
          : line.startsWith('-')
            ? red
            : line.startsWith('@')
              ? cyan
              : null;
        return paint ? paint(line) : line;
      }),
      '',
    ])
    .join('\n');
}

function hunk(before: string, after: string): string[] {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start++;
  let behind = 0;
  while (behind < shorter - start && old.at(-1 - behind) === fresh.at(-1 - behind)) behind++;
  const from = Math.max(0, start - CONTEXT);
  const range = (lines: readonly string[]) => {
    const count = Math.min(lines.length, lines.length - behind + CONTEXT) - from;
    return `${count === 0 ? from : from + 1},${count}`;
  };
  return [
    `@@ -${range(old)} +${range(fresh)} @@`,
    ...old.slice(from, start).map(markLines(' ')),
    ...old.slice(start, old.length - behind).map(markLines('-')),
    ...fresh.slice(start, fresh.length - behind).map(markLines('+')),
    ...old
      .slice(old.length - behind)
      .slice(0, CONTEXT)
      .map(markLines(' ')),
  ];
}

function markLines(sign: string): (line: string) => string {
  return (line) => sign + cleanText(line);
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
