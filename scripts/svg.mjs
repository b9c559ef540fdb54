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

/** @typedef {{ readonly text: string, readonly column: number, readonly classes: string }} Run */

/**
 * @param {string} line as `tmux capture-pane -e` gives it: text and SGR sequences, nothing else
 * @param {Set<number>} codes those that are on; sequences go on over the end of a line
 * @returns {Run[]}
 */
function runsOf(line, codes) {
  const runs = [];
  let column = 0;
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const sequence = /^\x1b\[([\d;]*)m$/.exec(part);
    if (sequence) {
      for (const code of (sequence[1] || '0').split(';').map(Number)) apply(code, codes);
    } else if (part !== '') {
      const classes = [...codes].flatMap((code) => CLASSES.get(code) ?? []).join(' ');
      if (part.trim() !== '') runs.push({ text: part, column, classes });
      column += [...part].length;
    }
  }
  return runs;
}

/**
 * @param {number} code
 * @param {Set<number>} codes
 */
function apply(code, codes) {
  const isColor = (/** @type {number} */ one) => one >= 30 && one < 40;
  const off = (/** @type {(one: number) => boolean} */ is) =>
    [...codes].filter(is).forEach((one) => codes.delete(one));
  if (code === 0) codes.clear();
  else if (code === 22) off((one) => one < 3);
  else if (isColor(code)) off(isColor);
  if (CLASSES.has(code)) codes.add(code);
}

const escaped = (/** @type {string} */ text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * @param {Run} run
 * @param {number} y
 */
function textElement({ text, column, classes }, y) {
  const start = text.length - text.trimStart().length;
  const x = (MARGIN + (column + start) * WIDTH).toFixed(1);
  const shown = text.trim();
  const attributes = classes === '' ? '' : ` class="${classes}"`;
  const length = ([...shown].length * WIDTH).toFixed(1);
  return `<text x="${x}" y="${y}" textLength="${length}"${attributes}>${escaped(shown)}</text>`;
}

/**
 * @param {readonly string[]} screens one below the other
 * @param {number} columns
 * @returns {string}
 */
export function svgOf(screens, columns) {
  const width = Math.ceil(columns * WIDTH + 2 * MARGIN);
  let top = 0;
  const boxes = screens.map((screen) => {
    const codes = new Set();
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
