import { oneLine } from '../style.js';
import { formatSize } from '../../lib/format.js';
import { fit, pad, widest, type Line } from '../text.js';

/** A pet as `top` shows it. */
export type TopRow = {
  readonly name: string;
  readonly state: string;
  readonly health: string;
  /** Of one processor, over the last interval; null: it does not run, or was not looked at before. */
  readonly cpuPercent: number | null;
  /** Bytes; null: it does not run. */
  readonly memory: number | null;
  /** As the manifest has it. */
  readonly memoryLimit: string | null;
  readonly processes: number | null;
  readonly exposure: string;
};

const HEADER = ['NAME', 'CPU', 'MEMORY', 'LIMIT', 'PROCS', 'STATE', 'HEALTH', 'EXPOSURE'];
/** Columns of numbers stand to the right. */
const NUMBERS = new Set([1, 2, 3, 4]);

/** The table's lines, the header first; in `columns` where there is no more room. */
function topLines(rows: readonly TopRow[], columns = Infinity): Line[] {
  const cells = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, column) => widest(cells.map((row) => row[column] ?? '')));
  return cells.map((row, i) => {
    const line = row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return NUMBERS.has(column) ? text.padStart(width) : pad(text, width);
      })
      .join('  ')
      .trimEnd();
    return [{ text: fit(line, columns), ...(i === 0 ? { tone: 'bold' as const } : {}) }];
  });
}

function cellsOf(row: TopRow): string[] {
  const { name, cpuPercent, memory, memoryLimit, processes, state, health, exposure } = row;
  const cells = [
    name,
    cpuPercent === null ? '-' : `${cpuPercent.toFixed(1)}%`,
    memory === null ? '-' : formatSize(memory),
    memoryLimit ?? '-',
    processes === null ? '-' : String(processes),
  ];
  return [...cells, state, health, exposure].map(oneLine);
}

/** The same as text, with a newline at the end. */
export function topText(rows: readonly TopRow[]): string {
  return topLines(rows)
    .map((line) => `${line.map(({ text }) => text).join('')}\n`)
    .join('');
}

/** The same as a frame that leaves the terminal's last lines alone: what does not fit is counted. */
export function topFrame(
  rows: readonly TopRow[],
  { columns, rows: height }: { readonly columns: number; readonly rows: number },
  keys: string,
): { readonly active: readonly Line[]; readonly more: string | null; readonly footer: Line } {
  const width = Math.max(1, columns - 1);
  // The header, the line that counts, the footer, and where the cursor is.
  const room = Math.max(1, height - 4);
  const isWhole = rows.length <= room + 1;
  const [header = [], ...lines] = topLines(rows, width);
  const shown = isWhole ? lines : lines.slice(0, room);
  const more = isWhole ? null : fit(`… ${lines.length - shown.length} more`, width);
  return { active: [header, ...shown], more, footer: [{ text: fit(keys, width), tone: 'dim' }] };
}
