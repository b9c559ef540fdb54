import type { ContractItem } from '../../domain/contract.js';
import { createStyle, oneLine, type Tone } from '../style.js';
import { pad, widest } from '../text.js';
import { plural } from '../../lib/format.js';

export type ContractReport = {
  readonly flakeRef: string;
  readonly nixpkgs: string;
  readonly items: readonly ContractItem[];
};

const TONES: Readonly<Record<ContractItem['status'], Tone>> = {
  ok: 'green',
  missing: 'red',
  wrong: 'red',
  unknown: 'yellow',
};

/** A line per item; below one that is not right, what to write. Ends with a newline. */
export function contractText({ flakeRef, nixpkgs, items }: ContractReport, color: boolean): string {
  const style = createStyle(color);
  const width = widest(items.map(({ name }) => oneLine(name)));
  const lines = items.flatMap(({ name, status, found, write }) => {
    const head = `  ${style[TONES[status]](pad(status, STATUS))}  ${pad(oneLine(name), width)}`;
    const line = `${head}  ${style.dim(oneLine(found ?? ''))}`.trimEnd();
    return write === null ? [line] : [line, `${' '.repeat(STATUS + 4)}write: ${oneLine(write)}`];
  });
  const left = items.filter(({ status }) => status !== 'ok').length;
  const sum =
    left === 0
      ? 'The contract is met: `pets up` can deploy it.'
      : `Not met yet: ${plural(left, 'item')} to put right.`;
  return [`${style.bold(oneLine(flakeRef))} with ${oneLine(nixpkgs)}`, '', ...lines, '', sum, ''].join('\n');
}

const STATUS = 'unknown'.length;
