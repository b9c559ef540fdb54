import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../src/model.js';
import { diffText } from '../../src/ui/diff.js';
import { appPlan, planOf } from './fixtures.js';

function change(field: string, kind: Change['kind'], from: string | null, to: string | null): Change {
  const [facet, key = ''] = field.split('.') as [Change['facet'], string?];
  return { facet, field: key, kind, from, to };
}

const HASH = 'sha256-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg=';
const REV = '0123456789abcdef0123456789abcdef01234567';

describe('diffText', () => {
  test('what happens to each app, and why', () => {
    const plan = planOf([
      appPlan('anywhen', 'create', {
        changes: [
          change('system.source', 'new', null, `github:srid/anywhen/${REV}?narHash=${HASH}`),
          change('exposure.listen', 'new', null, '127.0.0.1:7700'),
        ],
      }),
      appPlan('blog', 'proxy-update', {
        interrupts: 'exposure',
        changes: [
          change('exposure.listen', 'changed', '127.0.0.1:7700', '127.0.0.1:7701'),
          change('meta.autostart', 'drifted', 'false', 'true'),
          change('meta.owner', 'both', '\x1b[31mme', null),
        ],
      }),
      appPlan('db', 'rebuild', {
        changes: [change('system.source', 'changed', HASH, HASH.replace('Ab', 'Zz'))],
      }),
      appPlan('old', 'destroy', { held: 'no longer in the manifest; `pets up --prune` destroys it' }),
      appPlan('older', 'destroy', {
        interrupts: 'container',
        changes: [change('power.instance', 'changed', 'Running', null)],
      }),
      appPlan('wiki', 'start', { changes: [change('power.power', 'drifted', 'Stopped', 'Running')] }),
      appPlan('same', 'unchanged'),
    ]);
    expect(diffText(plan, { color: false })).toBe(`\
+ anywhen  create        interrupts nothing
    system.source     github:srid/anywhen@0123456
    exposure.listen   127.0.0.1:7700

~ blog     proxy update  interrupts the exposure for a moment
    exposure.listen   127.0.0.1:7700 → 127.0.0.1:7701   (changed in the manifest)
    meta.autostart    false → true                      (drifted on the machine)
    meta.owner        me → none                         (changed in the manifest and drifted; now me)

~ db       rebuild       restarts the service
    system.source   sha256-AbCdEfG… → sha256-ZzCdEfG…   (changed in its source)

- old      destroy       held: no longer in the manifest; \`pets up --prune\` destroys it

- older    destroy       deletes the container

▸ wiki     start         interrupts nothing
    power.power   Stopped → Running   (drifted on the machine)

Plan: 1 to create, 1 to rebuild, 1 proxy update, 1 to start, 1 to destroy, 1 held, 1 unchanged.
`);
  });

  test('nothing to do', () => {
    const same = (count: number) =>
      planOf(Array.from({ length: count }, (_, i) => appPlan(`a${i}`, 'unchanged')));
    expect(diffText(same(3), { color: false })).toBe('No changes. 3 apps are as the manifest says.\n');
    expect(diffText(same(1), { color: false })).toBe('No changes. 1 app is as the manifest says.\n');
    expect(diffText(same(0), { color: false })).toBe('No changes. There are no apps.\n');
  });

  test('colours on request', () => {
    expect(diffText(planOf([appPlan('web', 'create')]), { color: true })).toContain(
      '\x1b[32m+\x1b[39m \x1b[1mweb\x1b[22m',
    );
  });
});
