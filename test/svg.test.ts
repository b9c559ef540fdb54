import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/places.js';
import { svgOf } from '../scripts/svg.js';

/** Class and text of each element, in order. */
function textsOf(svg: string): string[] {
  const found = svg.matchAll(/<text x="([\d.]+)" [^>]*?(?: class="([^"]*)")?>([^<]*)<\/text>/g);
  return [...found].map(([, x = '', classes = '', text = '']) => [x, classes, text].join(' '));
}

describe('a screen as an SVG', () => {
  test('text where it stands, with its colours', () => {
    const screen =
      '\u001b[32m✔\u001b[39m web  \u001b[1m\u001b[31mfailed\u001b[0m done\n  \u001b[2m<a & b>\u001b[22m c\n\n';
    expect(textsOf(svgOf([screen], 20))).toEqual([
      '14.0 green ✔',
      '30.8  web',
      '72.8 bold red failed',
      '131.6  done',
      '30.8 dim &lt;a &amp; b&gt;',
      '98.0  c',
    ]);
  });

  test('a colour goes on over the end of a line, and ends with the screen', () => {
    expect(textsOf(svgOf(['\u001b[36ma\nb', 'c'], 20))).toEqual(['14.0 cyan a', '14.0 cyan b', '14.0  c']);
  });

  test('docs/screen.svg shows a run of the examples', () => {
    const svg = readFileSync(join(ROOT, 'docs/screen.svg'), 'utf8');
    for (const text of ['$ pets up', 'hello-again', '5 created in']) expect(svg).toContain(text);
  });
});
