import { describe, expect, test } from '@jest/globals';
import type { Change } from '../../../src/domain/plan.js';
import { diffText } from '../../../src/ui/pages/diff.js';
import { appPlan, planOf } from '../fixtures.js';

function change(field: string, kind: Change['kind'], from: string | null, to: string | null): Change {
  const [facet, ...key] = field.split('.') as [Change['facet'], ...string[]];
  return { facet, field: key.join('.'), kind, from, to };
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

  test('what a person holds is shown with what is kept back, alone and beside what is done', () => {
    const hold = { at: '2026-11-27T16:00:00Z', until: null, because: 'a\x1b[2J' };
    const changes = [change('system.source', 'held', HASH, HASH.replace('Ab', 'Zz'))];
    const held = 'held by hand: "a\x1b[2J" — `pets unhold web`';
    const moved = [change('exposure.listen', 'changed', '127.0.0.1:80', '127.0.0.1:81'), ...changes];
    const plan = planOf([
      appPlan('blog', 'proxy-update', { changes: moved, hold, notes: [`its system is ${held}`] }),
      appPlan('web', 'rebuild', { changes, hold, held }),
    ]);
    expect(diffText(plan, { color: false })).toBe(`\
~ blog  proxy update  interrupts nothing
    exposure.listen   127.0.0.1:80 → 127.0.0.1:81         (changed in the manifest)
    system.source     sha256-AbCdEfG… → sha256-ZzCdEfG…   (held)
    i its system is held by hand: "a" — \`pets unhold web\`

~ web   rebuild       held by hand: "a" — \`pets unhold web\`
    system.source   sha256-AbCdEfG… → sha256-ZzCdEfG…   (held)

Plan: 0 to create, 0 to rebuild, 1 proxy update, 0 to destroy, 1 held, 0 unchanged.
`);
  });

  test('what somebody has added is shown although nothing is done about it', () => {
    const changes = [
      change('container.config.environment.X', 'added', 'set', null),
      change('container.device.extra', 'added', 'disk of /srv/\x1b[31mx at /x', null),
    ];
    const plan = planOf([appPlan('same', 'unchanged'), appPlan('web', 'unchanged', { changes })]);
    expect(diffText(plan, { color: false })).toBe(`\
· web  unchanged  interrupts nothing
    container.config.environment.X   set                    (added on the machine; \`pets up --strict web\` removes it)
    container.device.extra           disk of /srv/x at /x   (added on the machine; \`pets up --strict web\` removes it)

Plan: 0 to create, 0 to rebuild, 0 to destroy, 2 unchanged.
`);
  });

  test('where a change was made, as far as that is known', () => {
    const shown = (...changes: Change[]) =>
      diffText(planOf([appPlan('db', 'rebuild', { changes })]), { color: false })
        .split('\n')
        .flatMap((line) => /^ +(\S+) .*\((.*)\)$/.exec(line)?.slice(1).join(': ') ?? []);
    const source = change('system.source', 'changed', 'a', 'b');
    expect(
      shown(
        source,
        change('system.nixpkgs', 'changed', 'a', 'b'),
        change('system.modules', 'changed', 'a', 'b'),
        change('system.nixos.services.x', 'changed', '1', '2'),
        change('limits.cpu', 'changed', '1', '2'),
      ),
    ).toEqual([
      'system.source: changed in its source',
      'system.nixpkgs: changed',
      'system.modules: changed in its source',
      'system.nixos.services.x: changed in the manifest',
      'limits.cpu: changed in the manifest',
    ]);
    expect(shown(source, change('meta.flake-ref', 'changed', './a', './b'))).toEqual([
      'system.source: changed in the manifest',
      'meta.flake-ref: changed in the manifest',
    ]);
  });

  test('what may be lost, and what stays, is said below', () => {
    const plan = planOf([
      appPlan('api', 'restart', {
        interrupts: 'container',
        changes: [change('storage.volume.data', 'changed', '/x', null)],
        notes: ['the volume `data` is detached\x1b[2J and kept'],
      }),
      appPlan('blog', 'reconfigure', { changes: [change('limits.memory', 'changed', null, '1GiB')] }),
      appPlan('db', 'recreate', {
        interrupts: 'container',
        changes: [change('container.store', 'changed', 'shared', 'copy')],
        notes: ['what is on its root disk is lost'],
      }),
      appPlan('new', 'rename', {
        interrupts: 'container',
        changes: [change('meta.name', 'changed', 'old', 'new')],
      }),
    ]);
    expect(diffText(plan, { color: false })).toBe(`\
~ api   restart      restarts the container
    storage.volume.data   /x → none   (changed in the manifest)
    i the volume \`data\` is detached and kept

~ blog  reconfigure  interrupts nothing
    limits.memory   none → 1GiB   (changed in the manifest)

± db    create anew  deletes the container and makes it anew
    container.store   shared → copy   (changed in the manifest)
    i what is on its root disk is lost

~ new   rename       restarts the container
    meta.name   old → new   (changed in the manifest)

Plan: 0 to create, 1 to create anew, 1 to rename, 0 to rebuild, 1 to restart, 1 to reconfigure, 0 to destroy, 0 unchanged.
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
