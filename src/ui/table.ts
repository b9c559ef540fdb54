import { oneLine } from './style.js';
import { pad, widest } from './text.js';

/** Aligned columns under a header, two spaces between, no trailing spaces. Ends with a newline. */
export function table(rows: readonly (readonly string[])[], header: readonly string[]): string {
  const lines = [header, ...rows].map((row) => row.map(oneLine));
  const widths = header.map((_, column) => widest(lines.map((row) => row[column] ?? '')));
  return lines
    .map((row) => row.map((text, column) => pad(text, widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
