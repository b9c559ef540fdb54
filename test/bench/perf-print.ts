/** What was measured, in words. */
import type { Facts } from './perf-facts.js';
import type { Subject } from './perf-fleet.js';

/** Quartiles, ms. */
export type Spread = Readonly<Record<'lower' | 'median' | 'upper', number>>;
export type Row = { readonly subject: Subject; readonly spread: Spread; readonly facts: Facts };
/** `grown`: ms that `pets up` took to get there. */
export type Stage = { readonly apps: number; readonly grown: number; readonly rows: readonly Row[] };

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const HEAD = ['apps', 'command', 'median', 'quartiles', 'peak memory', 'requests', 'programs run'];

export function printTable(stages: readonly Stage[]): void {
  const table = [HEAD, ...stages.flatMap(({ apps, rows }) => rows.map((row) => cellsOf(apps, row)))];
  const widths = HEAD.map((_, column) => Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  for (const cells of table) {
    const padded = cells.map((cell, column) =>
      column === 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${padded.join('  ').trimEnd()}\n`);
  }
}

function cellsOf(apps: number, { subject, spread, facts }: Row): string[] {
  return [
    String(apps),
    subject.name,
    `${spread.median.toFixed(0)} ms`,
    `${spread.lower.toFixed(0)}–${spread.upper.toFixed(0)}`,
    facts.peakMB === null ? '' : `${facts.peakMB.toFixed(0)} MB`,
    String(facts.requests.length),
    facts.started === null ? '' : String(facts.started.length),
  ];
}

export function printFindings(stages: readonly Stage[]): void {
  const line = (text: string) => process.stdout.write(`${text}\n`);
  for (const { apps, rows } of stages) {
    const median = (start: string) =>
      rows.find(({ subject }) => subject.name.startsWith(start))?.spread.median ?? NaN;
    const to = (other: string) => (median('pets diff') / (median('node') + median(other))).toFixed(2);
    line(
      `${apps} ${apps === 1 ? 'app' : 'apps'}: pets diff = ${to('incus list')} × (node -e 0 + incus list), ` +
        `${to('incus query')} × (node -e 0 + incus query)`,
    );
  }
  line('');
  for (const { subject, facts } of stages.at(-1)?.rows ?? [])
    for (const requested of facts.requests) line(`${subject.name} asks: ${requested}`);
  line('');
  for (const [index, { apps, grown }] of stages.entries())
    line(`pets up from ${stages[index - 1]?.apps ?? 0} to ${apps}: ${seconds(grown)}`);
}
