import { expect, test } from '@jest/globals';
import { table } from '../../src/ui/table.js';

test('aligned, no trailing spaces, nothing a terminal obeys', () => {
  expect(
    table(
      [
        ['web', 'Running', 'http://127.0.0.1:7700'],
        ['宽', 'Stopped\x1b[2J', ''],
      ],
      ['APP', 'STATUS', 'URL'],
    ),
  ).toBe('APP  STATUS   URL\nweb  Running  http://127.0.0.1:7700\n宽   Stopped\n');
});

test('no rows: the header alone', () => {
  expect(table([], ['APP', 'STATUS'])).toBe('APP  STATUS\n');
});
