import { expect, test } from '@jest/globals';
import type { PackageChange } from '../../../src/domain/plan.js';
import { diffText } from '../../../src/ui/pages/diff.js';
import { packageLines } from '../../../src/ui/pages/packages.js';
import { createStyle } from '../../../src/ui/style.js';
import { appPlan, name, planOf } from '../fixtures.js';

const style = createStyle(false);
const KIB = 1024;
const MIB = 1024 * KIB;

function change(name: string, from: readonly string[], to: readonly string[], bytes = 0): PackageChange {
  return { name, from, to, bytes };
}

test('what is not known is not told', () => {
  expect(packageLines(null, style)).toEqual([]);
});

test('the same system says so', () => {
  expect(packageLines([], style)).toEqual(['    packages: the system stays as it is']);
});

test('versions first, then what has none, then what grew; what was only built anew is counted', () => {
  const changes = [
    change('blob', [], [], -3 * MIB),
    change('etc', [], []),
    change('gcc', ['12', '13'], ['14'], 8 * KIB - 1),
    change('oldtool', ['1.0'], [], -48 * KIB),
    change('python3', ['3.11.9'], ['3.12.3'], 2.1 * MIB),
    change('site', [''], ['2']),
    change('tool', [], ['2.12'], 1024 * MIB),
    change('unit-web.service', [], [''], 9 * KIB),
    change('unit-x.service', [''], []),
  ];
  expect(packageLines(changes, style).join('\n')).toBe(`\
    packages: 7 changed, 2 built anew, +1023.1 MiB
      gcc                12, 13 → 14
      oldtool            1.0 removed, -48.0 KiB
      python3            3.11.9 → 3.12.3, +2.1 MiB
      site               none → 2
      tool               2.12 added, +1.0 GiB
      unit-web.service   added, +9.0 KiB
      unit-x.service     removed
      blob               built anew, -3.0 MiB`);
});

test('fifteen are shown', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => change(`p${i}`, ['1'], ['2']));
  expect(packageLines(many(15), style)).toHaveLength(16);
  expect(packageLines(many(17), style).slice(-2)).toEqual(['      p14   1 → 2', '      … 2 more']);
});

test('stand below the changes of their app', () => {
  const plan = planOf([
    appPlan('api', 'rebuild', { notes: ['a note'] }),
    appPlan('web', 'rebuild', {
      changes: [{ facet: 'system', field: 'nixpkgs', kind: 'changed', from: 'a', to: 'b' }],
      notes: ['a note'],
    }),
  ]);
  const packages = new Map([[name('web'), [change('python3', ['3.11'], ['3.12\x1b[2J'])]]]);
  expect(diffText(plan, { color: false, packages })).toContain(`\
~ api  rebuild  restarts the service
    i a note

~ web  rebuild  restarts the service
    system.nixpkgs   a → b   (changed)
    packages: 1 changed
      python3   3.11 → 3.12
    i a note
`);
});
