import { parsedValue, refuse, text } from './kinds.js';
import { show } from '../text.js';

/** Amounts as Incus takes them: whole numbers, the unit without a space. */

const UNITS: Readonly<Record<string, bigint>> = {
  B: 1n,
  ...Object.fromEntries(
    ['k', 'M', 'G', 'T', 'P', 'E'].map((unit, i) => [`${unit}B`, 1000n ** BigInt(i + 1)]),
  ),
  ...Object.fromEntries(
    ['K', 'M', 'G', 'T', 'P', 'E'].map((unit, i) => [`${unit}iB`, 1024n ** BigInt(i + 1)]),
  ),
};
const SIZE = `[1-9][0-9]*(${Object.keys(UNITS).join('|')})`;
const PERCENT = '([1-9][0-9]?|100)%';
const SOME_SIZE = 'a size such as "10GiB" or "500MB"';

export const size = text<string>(
  SOME_SIZE,
  (written) =>
    isSize(written) ? written : refuse(`expected ${SOME_SIZE}, got ${show(written)}`, sizeHint(written)),
  { pattern: `^${SIZE}$` },
);

export const memory = text<string>(
  'a size such as "512MiB", or "25%"',
  (written) => {
    if (isSize(written) || new RegExp(`^${PERCENT}$`).test(written)) return written;
    const hint = written.includes('%') ? 'from 1% to 100%, a whole number' : sizeHint(written);
    return refuse(
      `expected a size such as "512MiB", or a share of the host's memory such as "25%", got ${show(written)}`,
      hint,
    );
  },
  { pattern: `^(${SIZE}|${PERCENT})$` },
);

function isSize(written: string): boolean {
  const [, count, unit = ''] = /^([1-9]\d{0,18})([A-Za-z]+)$/.exec(written) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  // Incus counts bytes in 64 bits, with sign.
  return count !== undefined && factor !== undefined && BigInt(count) * factor < 2n ** 63n;
}

/** `10 gib`, `10G` → `10GiB`. */
function sizeHint(written: string): string | null {
  const [, count = '', letters = ''] = /^([1-9]\d*)\s*([a-z]*)$/i.exec(written) ?? [];
  if (count === '') return null;
  const lower = letters.toLowerCase();
  const unit = Object.keys(UNITS).find((one) =>
    [one.toLowerCase(), one.toLowerCase().replace('ib', '')].includes(lower),
  );
  if (unit !== undefined && isSize(`${count}${unit}`)) return `did you mean "${count}${unit}"?`;
  return letters === '' ? `with a unit: "${count}B"` : `units are ${Object.keys(UNITS).join(', ')}`;
}

const CPUS = '[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*';
const SOME_CPUS = 'a number of CPUs such as 2, a set of them such as "0-3", or a share such as "50%"';

export const cpu = parsedValue<string>(
  {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 9999 },
      { type: 'string', pattern: `^(${CPUS}|${PERCENT})$` },
    ],
  },
  (value) => {
    const message = `expected ${SOME_CPUS}, got ${show(value)}`;
    if (typeof value === 'number') {
      if (Number.isInteger(value) && value >= 1 && value <= 9999) return String(value);
      return refuse(message, value > 0 && value < 1 ? `"${Math.max(1, Math.round(value * 100))}%"` : null);
    }
    if (typeof value !== 'string') return refuse(message);
    // Incus takes "2" as a number of CPUs, not as the third of them.
    if (/^\d+$/.test(value)) return refuse(message, `${value} is that many, "${value}-${value}" is that one`);
    const isSet = new RegExp(`^${CPUS}$`).test(value) && value.split(',').every(isForward);
    return isSet || new RegExp(`^${PERCENT}$`).test(value) ? value : refuse(message);
  },
);

function isForward(range: string): boolean {
  const [first = '', last = first] = range.split('-');
  return Number(first) <= Number(last);
}
