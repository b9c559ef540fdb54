import type { PackageChange } from '../../domain/plan.js';
import { oneLine, type Style } from '../style.js';
import { pad, widest } from '../text.js';
import { formatGrowth } from '../../lib/format.js';

/** Packages that are shown by name. */
const LISTED = 15;
/** A size that changed by less is not worth a word; `nix store diff-closures` draws the line here as well. */
const TELLING_BYTES = 8 * 1024;

/** What is different inside of an app's system, below its other changes. Null: not known, and nothing is said. */
export function packageLines(changes: readonly PackageChange[] | null, style: Style): string[] {
  if (changes === null) return [];
  const telling = changes.filter(isTelling).sort((a, b) => rank(a) - rank(b));
  const shown = telling.slice(0, LISTED);
  const name = widest(shown.map((change) => change.name));
  const more = telling.length - shown.length;
  return [
    `    packages: ${countWords(changes)}`,
    ...shown.map((change) => `      ${pad(oneLine(change.name), name)}   ${changeWords(change)}`),
    ...(more > 0 ? [style.dim(`      … ${more} more`)] : []),
  ];
}

/** `2 changed, 14 built anew, +2.1 MiB`. */
function countWords(changes: readonly PackageChange[]): string {
  if (changes.length === 0) return 'the system stays as it is';
  const changed = changes.filter(isOtherVersion).length;
  const anew = changes.length - changed;
  return [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(anew > 0 ? [`${anew} built anew`] : []),
    ...growth(changes.reduce((sum, { bytes }) => sum + bytes, 0)),
  ].join(', ');
}

/** `3.11.9 → 3.12.3, +2.1 MiB`; `1.0 removed`; what has no version is `added`. */
function changeWords({ from, to, bytes }: PackageChange): string {
  const [old, fresh] = [oneLine(from.join(', ')), oneLine(to.join(', '))];
  const words = () => {
    if (from.length > 0 && to.length > 0) return `${old || 'none'} → ${fresh || 'none'}`;
    if (from.length > 0) return `${old} removed`.trimStart();
    return to.length > 0 ? `${fresh} added`.trimStart() : 'built anew';
  };
  return [words(), ...growth(bytes)].join(', ');
}

function growth(bytes: number): string[] {
  return Math.abs(bytes) < TELLING_BYTES ? [] : [formatGrowth(bytes)];
}

function isOtherVersion({ from, to }: PackageChange): boolean {
  return from.length > 0 || to.length > 0;
}

function isTelling(change: PackageChange): boolean {
  return isOtherVersion(change) || Math.abs(change.bytes) >= TELLING_BYTES;
}

/** What has versions first: units and configuration files have none. */
function rank(change: PackageChange): number {
  if (!isOtherVersion(change)) return 2;
  return [...change.from, ...change.to].some((version) => version !== '') ? 0 : 1;
}
