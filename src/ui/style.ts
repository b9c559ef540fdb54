const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

export type Tone = keyof typeof CODES;
export type Style = Readonly<Record<Tone, (text: string) => string>>;

export function createStyle(color: boolean): Style {
  const paint = (tone: Tone) => {
    const [on, off] = CODES[tone];
    return (text: string) => (color && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text);
  };
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    blue: paint('blue'),
    magenta: paint('magenta'),
    cyan: paint('cyan'),
  };
}

/** Escape sequences whole: CSI, then the string ones (OSC, DCS, …) with what they carry, then the short ones. */
const SEQUENCES = new RegExp(
  [
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]',
    '(?:\\x1b[\\]PX^_]|[\\x90\\x98\\x9d-\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c|$)?',
    '\\x1b[ -/]*[0-~]',
  ].join('|'),
  'g',
);
/** Control characters, and what hides or reorders text: bidi overrides, zero widths, variation selectors. */
const INVISIBLE = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]/gu;

/** One line of text from a manifest or a guest, safe to put on a terminal. */
export function cleanText(text: string): string {
  return lastOverwrite(text.replace(SEQUENCES, '')).replace(/\t/g, '    ').replace(INVISIBLE, '').trimEnd();
}

/** Text of several lines, as lines; empty ones at the end are dropped. */
export function cleanLines(text: string): string[] {
  return text.trimEnd().split(/\r?\n/).map(cleanText);
}

export function oneLine(text: string): string {
  return cleanLines(text)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

/** What a terminal would show of `10%\r20%\r`. */
function lastOverwrite(text: string): string {
  if (!text.includes('\r')) return text;
  return text.split('\r').findLast((part) => part.trim() !== '') ?? '';
}
