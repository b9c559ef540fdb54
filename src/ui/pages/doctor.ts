import type { Diagnosis, Result } from '../../domain/finding.js';
import { createStyle, oneLine, type Tone } from '../style.js';
import { pad, widest } from '../text.js';

const GLYPHS = {
  ok: ['✔', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✖', 'red'],
  unknown: ['?', 'dim'],
} as const satisfies Record<Result, readonly [string, Tone]>;

const WORDS = { ok: 'ok', warning: 'warning', failed: 'failed', unknown: 'not known' } as const;

/** A line per check, with what puts it right below it; then how many there are of each. Nothing where there is none. */
export function doctorText(found: readonly Diagnosis[], { color }: { readonly color: boolean }): string {
  const style = createStyle(color);
  const width = widest(found.map(({ check }) => check));
  const lines = found.flatMap(({ check, result, found: words, fix }) => {
    const [glyph, tone] = GLYPHS[result];
    const line = `${style[tone](glyph)} ${style.bold(pad(check, width))}  ${oneLine(words)}`;
    return fix === null ? [line] : [line, `  ${' '.repeat(width)}  ${style.dim('fix:')} ${oneLine(fix)}`];
  });
  const counts = (['ok', 'warning', 'failed', 'unknown'] as const).flatMap((result) => {
    const count = found.filter((one) => one.result === result).length;
    return count === 0 ? [] : [`${count} ${WORDS[result]}`];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n${counts.join(', ')}\n`;
}
