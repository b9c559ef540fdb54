import { formatSize } from '../lib/size.js';
import type { Style, Tone } from './style.js';

export type Segment = { readonly text: string; readonly tone?: Tone };
/** One line of the screen, not yet coloured: its width can still be measured. */
export type Line = readonly Segment[];

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const COMBINING = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns a terminal gives to this text. Expects it clean. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  if (COMBINING.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Cut to `width` columns, with an ellipsis where something was lost. */
export function fit(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 0) return '';
  let kept = '';
  let used = 0;
  for (const char of text) {
    used += charWidth(char);
    if (used > width - 1) break;
    kept += char;
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

/** By how much something grew: `+2.1 MiB`, `-48.0 KiB`. */
export function formatGrowth(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatSize(Math.abs(bytes))}`;
}

/** How long something took: `2.1s`, `1m02s`, `1h02m`. */
export function formatTook(ms: number): string {
  return ms < 59_950
    ? `${(Math.max(0, ms) / 1000).toFixed(1)}s`
    : formatElapsed(Math.round(ms / 1000) * 1000);
}

/** How long something has been running, in whole seconds: `12s`, `1m02s`, `1h02m`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${twoDigits(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
