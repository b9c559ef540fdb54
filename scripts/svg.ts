/** Screens of a terminal, with their colours, as an SVG. */

/** Of a cell, px. */
const WIDTH = 8.4;
const HEIGHT = 19;
const MARGIN = 14;

/** SGR codes that pets uses, as classes. */
const CLASSES = new Map([
  [1, 'bold'],
  [2, 'dim'],
  [31, 'red'],
  [32, 'green'],
  [33, 'yellow'],
  [34, 'blue'],
  [35, 'magenta'],
  [36, 'cyan'],
]);
const STYLE = [
  'text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6dae2;white-space:pre}',
  '.bold{font-weight:700}.dim{fill:#868e9c}.red{fill:#f2777a}.green{fill:#8fc97b}',
  '.yellow{fill:#e6c26a}.blue{fill:#74a8f0}.magenta{fill:#c792d6}.cyan{fill:#6cc4c4}',
].join('');

type Run = { readonly text: string; readonly column: number; readonly classes: string };

/**
 * `line`: as `tmux capture-pane -e` gives it, text and SGR sequences and nothing else. `codes`: those that are on;
 * sequences go on over the end of a line.
 */
function runsOf(line: string, codes: Set<number>): Run[] {
  const runs: Run[] = [];
  let column = 0;
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const sequence = /^\x1b\[([\d;]*)m$/.exec(part);
    if (sequence) {
      for (const code of (sequence[1] === '' ? '0' : (sequence[1] ?? '0')).split(';').map(Number))
        apply(code, codes);
    } else if (part !== '') {
      const classes = [...codes].flatMap((code) => CLASSES.get(code) ?? []).join(' ');
      if (part.trim() !== '') runs.push({ text: part, column, classes });
      column += widthOf(part);
    }
  }
  return runs;
}

/** In cells: pets draws no character that takes two, and none that is made of several. */
const widthOf = (text: string): number => Array.from(text).length;

function apply(code: number, codes: Set<number>): void {
  const isColor = (one: number) => one >= 30 && one < 40;
  const off = (is: (one: number) => boolean) => {
    for (const one of [...codes].filter(is)) codes.delete(one);
  };
  if (code === 0) codes.clear();
  else if (code === 22) off((one) => one < 3);
  else if (isColor(code)) off(isColor);
  if (CLASSES.has(code)) codes.add(code);
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function textElement({ text, column, classes }: Run, y: number): string {
  const start = text.length - text.trimStart().length;
  const x = (MARGIN + (column + start) * WIDTH).toFixed(1);
  const shown = text.trim();
  const attributes = classes === '' ? '' : ` class="${classes}"`;
  const length = (widthOf(shown) * WIDTH).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}"${attributes}>${escaped(shown)}</text>`;
}

/** `screens`: one below the other. */
export function svgOf(screens: readonly string[], columns: number): string {
  const width = Math.ceil(columns * WIDTH + 2 * MARGIN);
  let top = 0;
  const boxes = screens.map((screen) => {
    const codes = new Set<number>();
    const lines = screen
      .trimEnd()
      .split('\n')
      .map((line) => runsOf(line, codes));
    const height = lines.length * HEIGHT + 2 * MARGIN;
    const texts = lines.flatMap((runs, row) =>
      runs.map((run) => textElement(run, top + MARGIN + 14 + row * HEIGHT)),
    );
    const box = `<rect y="${top}" width="${width}" height="${height}" rx="8" fill="#1d2129"/>`;
    top += height + 10;
    return [box, ...texts].join('\n');
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top - 10}" width="${width}">`;
  return `${head}\n<style>${STYLE}</style>\n${boxes.join('\n')}\n</svg>\n`;
}
