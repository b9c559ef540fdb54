import { expect, test } from '@jest/globals';
import { doctorText } from '../../../src/ui/index.js';
import { failed, ok, unknown, warning } from '../../../src/domain/finding.js';

const found = [
  { check: 'incus', ...ok('version 6.0.4') },
  { check: 'pool', ...warning('slow', 'make it\nfast') },
  { check: 'listen', ...failed('10.0.0.1 is \u001b[2Jmissing', 'ip address') },
  { check: 'clock', ...unknown('no answer') },
];

test('a line per check, what puts it right below it, the count at the end; nothing reaches the terminal raw', () => {
  expect(doctorText(found, { color: false })).toBe(`✔ incus   version 6.0.4
! pool    slow
          fix: make it fast
✖ listen  10.0.0.1 is missing
          fix: ip address
? clock   no answer

1 ok, 1 warning, 1 failed, 1 not known
`);
});

test('of nothing, nothing', () => {
  expect(doctorText([], { color: false })).toBe('');
});

test('colour for the glyphs', () => {
  expect(doctorText(found, { color: true })).toContain('\u001b[31m✖\u001b[39m');
});
