import stringWidth from 'string-width';
import type { Style, Tone } from './style.js';

export type Segment = { readonly text: string; readonly tone?: Tone };
/** One line of the screen, not yet coloured: its width can still be measured. */
export type Line = readonly Segment[];

/**
 * ASCII, and what pets itself writes besides: each of them one column, whatever stands beside it. For nearly every text
 * there is then no need of string-width, which is only loaded when it is first called (scripts/build.ts) and takes longer
 * for that than all else that a run prints.
 */
const SINGLE = /^[ -~…→–—’·±›↩▸■✔✖]*$/;

/** Columns a terminal gives to this text. Expects it clean. */
export function displayWidth(text: string): number {
  return SINGLE.test(text) ? text.length : stringWidth(text);
}

/** What a terminal draws as one. */
function* graphemesOf(text: string): Iterable<string> {
  if (SINGLE.test(text)) yield* text;
  else for (const { segment } of new Intl.Segmenter().segment(text)) yield segment;
}

/** Cut to `width` columns, with an ellipsis where something was lost. */
export function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const segment of graphemesOf(text)) {
    used += displayWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** A column: cut or padded to exactly `width`. */
export function cell(text: string, width: number): string {
  return pad(fit(text, width), width);
}

export function widest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, displayWidth(text));
  return width;
}

function lineText(line: Line): string {
  return line.map((segment) => segment.text).join('');
}

export function lineWidth(line: Line): number {
  return displayWidth(lineText(line).trimEnd());
}

export function fitLine(line: Line, width: number): Line {
  const fitted: Segment[] = [];
  let room = width;
  for (const segment of line) {
    if (room <= 0) break;
    const text = fit(segment.text, room);
    fitted.push({ ...segment, text });
    room -= displayWidth(text);
    if (text !== segment.text) break;
  }
  return fitted;
}

export function paint(line: Line, style: Style): string {
  return line
    .map(({ text, tone }) => (tone ? style[tone](text) : text))
    .join('')
    .trimEnd();
}
