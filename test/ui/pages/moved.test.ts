import { expect, test } from '@jest/globals';
import { movedText, toldOf, type MovedField } from '../../../src/ui/pages/moved.js';

const moved = (over: Partial<MovedField>): MovedField => ({
  ...{ side: 'machine', field: 'power.state', then: 'running', now: 'stopped' },
  ...over,
});
const text = (over: Partial<MovedField>, ...others: Partial<MovedField>[]) => {
  const one = moved(over);
  return movedText(one, [one, ...others.map(moved)]);
};

test.each([
  [{}, 'power.state: running → stopped (changed on the machine)'],
  [{ then: null }, 'power.state: none → stopped (changed on the machine)'],
  [{ now: undefined }, 'power.state: running → none (changed on the machine)'],
  [
    { field: 'generation.1', then: 'digest:a', now: 'digest:b' },
    'generation.1: changed (changed on the machine)',
  ],
  [
    { field: 'device.web', then: '{"a":"b"}', now: undefined },
    'device.web: is gone (changed on the machine)',
  ],
  [{ field: 'rejected', then: null, now: 'digest:b' }, 'rejected: is there by now (changed on the machine)'],
  [{ side: 'manifest', field: 'system.source' }, 'system.source: running → stopped (changed in its source)'],
  [
    { side: 'manifest', field: 'system.nixos.x' },
    'system.nixos.x: running → stopped (changed in the manifest)',
  ],
  [{ side: 'manifest', field: 'keep', then: '5', now: '1' }, 'keep: 5 → 1 (changed in the manifest)'],
] as const)('%j', (over, words) => {
  expect(text(over)).toBe(words);
});

test('of a secret it is told who may read it, and nothing that its value is known by', () => {
  const [then, now] = ['v1:one 0400 root', 'v1:two 0400 root'];
  for (const field of ['secrets.secret.db', 'applied.secrets.secret.db']) {
    expect(text({ field, then, now })).toBe(`${field}: changed (changed on the machine)`);
    expect(toldOf(moved({ field, then, now }))).toEqual({ field, then: '0400 root', now: '0400 root' });
  }
  expect(text({ side: 'manifest', field: 'secrets.secret.db', then, now: 'v1:one 0440 web' })).toContain(
    '0400 root → 0440 web',
  );
});

test('a pin that moved is told as the lock', () => {
  const pin = {
    side: 'manifest',
    field: 'nixpkgs',
    then: 'github:o/n github:o/n/1 x',
    now: 'github:o/n github:o/n/2 y',
  } as const;
  const system = {
    side: 'manifest',
    field: 'system.nixpkgs',
    then: 'github:o/n/1',
    now: 'github:o/n/2',
  } as const;
  expect(text(pin)).toContain('(changed in the lock)');
  expect(text(system, pin)).toContain('(changed in the lock)');
  const other = { ...pin, now: 'github:o/other github:o/other/2 y' };
  expect(text(system, other)).toContain('(changed)');
});

test('nothing that a terminal obeys', () => {
  const told = text({ field: 'device.\u001b[31mx', then: 'a\u001b]0;x\u0007\nb', now: '\u202ec' });
  expect(told).toBe('device.x: a b → c (changed on the machine)');
});
