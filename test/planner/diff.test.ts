import { describe, expect, test } from '@jest/globals';
import type { ActualApp } from '../../src/domain/actual.js';
import type { Facets } from '../../src/domain/facet.js';
import { changesOf } from '../../src/planner/diff.js';
import { applied, found, golden, planned, rerecorded, shown, wanted } from './worlds.js';

function changes(want: string, have: string): string[] {
  return lines(want, found(have));
}

function lines(want: string, have: ActualApp | null): string[] {
  return changesOf(wanted(want), have).map(
    ({ facet, field, kind, from, to }) => `${facet}.${field} ${kind}: ${from ?? 'none'} → ${to ?? 'none'}`,
  );
}

describe('three ways', () => {
  test('the manifest moved', () => {
    expect(changes('web 81', 'web 80')).toEqual(['exposure.listen changed: 127.0.0.1:80 → 127.0.0.1:81']);
  });

  test('the machine moved', () => {
    expect(changes('web 80', 'web 80 devices=web:90')).toEqual([
      'exposure.listen drifted: 127.0.0.1:90 → 127.0.0.1:80',
    ]);
  });

  test('both moved, to different places', () => {
    expect(changes('web 81', 'web 80 devices=web:90')).toEqual([
      'exposure.listen both: 127.0.0.1:90 → 127.0.0.1:81',
    ]);
  });

  test('both moved, to the same place: only the record is behind', () => {
    expect(changes('web 81', 'web 80 devices=web:81')).toEqual([
      'exposure.listen changed: 127.0.0.1:80 → 127.0.0.1:81',
    ]);
    expect(shown({ want: ['web 81'], have: ['web 80 devices=web:81'] })).toBe(
      golden(`
        web: metadata
        [1] web/record, as the manifest says: exposure
      `),
    );
  });

  test('nothing was ever applied', () => {
    expect(lines('web', null)).toEqual([
      'power.state new: none → running',
      'system.source new: none → a',
      'system.nixpkgs new: none → nixos-25.11',
      'system.platform new: none → x86_64-linux',
      'meta.flake-ref new: none → ./web',
    ]);
  });
});

describe('drift is repaired', () => {
  test('a proxy moved by hand', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 devices=web:90'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen drifted 127.0.0.1:90 → 127.0.0.1:80 !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:90 is not in the manifest any more !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a proxy removed by hand', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 devices=none'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web, exposure listen drifted none → 127.0.0.1:80
        [2] #1 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a proxy added by hand', () => {
    expect(shown({ want: ['web'], have: ['web - devices=web:80'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [2] #1 web/record, as the manifest says: exposure
      `),
    );
  });

  test('another system in the profile', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 top=/nix/store/by-hand'] })).toBe(
      golden(`
        web: rebuild
        [1] web/evaluate, system toplevel drifted
        [2] #1 web/build, system toplevel drifted
        [3] #2 web/set-profile, system toplevel drifted
        [4] #3 ~2 web/activate, system toplevel drifted !service
        [5] #4 web/settle, the app must run the system it was given
        [6] #5 web/record, as the manifest says: system
        [7] #6 web/collect, 5 are kept
      `),
    );
  });

  test('no profile any more', () => {
    expect(changes('web 80', 'web 80 top=none')).toEqual([
      'system.toplevel drifted: none → /nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-a-nixos-25.11-x86_64-linux',
    ]);
  });

  test('a profile that is ahead of the record while the source moved too is an upgrade cut short', () => {
    expect(changes('web 80 source=b', 'web 80 top=/nix/store/ahead')).toEqual([
      'system.source changed: a → b',
    ]);
  });

  test('a dead forwarder', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 forwarder=dead'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/revive:web, nothing listens !exposure
        [2] #1 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a dead forwarder whose port changes anyway is only replaced', () => {
    expect(shown({ want: ['web 81'], have: ['web 80 forwarder=dead'] })).toBe(
      golden(`
        web: proxy-update
        [1] web/expose:web-2, exposure listen 127.0.0.1:80 → 127.0.0.1:81, exposure forwarder drifted not listening → listening !exposure
        [2] #1 web/unexpose:web, 127.0.0.1:80 is not in the manifest any more !exposure
        [3] #2 web/record, as the manifest says: exposure
      `),
    );
  });

  test('a mark changed by hand', () => {
    expect(shown({ want: ['web 80'], have: ['web 80 seen-ref=./elsewhere'] })).toBe(
      golden(`
        web: metadata
        [1] web/record, as the manifest says: meta
      `),
    );
  });
});

test('another way to write the same flake changes the record and nothing else', () => {
  expect(shown({ want: ['web 80 ref=./sub/../web'], have: ['web 80'] })).toBe(
    golden(`
      web: metadata
      [1] web/record, as the manifest says: meta
    `),
  );
});

test('a cause names three differences, and counts what is more than one beyond', () => {
  const causeOf = (limits: string) =>
    planned({ want: [`web - config=${limits}`], have: ['web'] }).operations[0]?.cause;
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `user.${i}:x`).join(',');
  const words = (count: number) =>
    Array.from({ length: count }, (_, i) => `config.user.${i} none → x`).join(', ');
  expect(causeOf(keys(3))).toBe(words(3));
  expect(causeOf(keys(4))).toBe(words(4));
  expect(causeOf(keys(5))).toBe(`${words(3)} and 2 more`);
});

describe('records of other releases of pets', () => {
  const app = wanted('web 80');
  /** The app as a release would have it that does not know this field, or this facet. */
  const lacking = (facet: 'system' | 'meta', field?: string) => ({
    ...app,
    facets: less(app.facets, facet, field),
  });

  test('an older one that lacks a field which nobody sets: unchanged', () => {
    const older = rerecorded(applied(app), (facets) => less(facets, 'system', 'platform'));
    const unsaid = lacking('system', 'platform');
    const nothing = { ...unsaid.facets.system, platform: null };
    expect(changesOf(unsaid, older)).toEqual([]);
    expect(changesOf({ ...app, facets: { ...app.facets, system: nothing } }, older)).toEqual([]);
  });

  test('an older one that lacks a whole facet which says nothing: unchanged', () => {
    const older = rerecorded(applied(app), (facets) => less(facets, 'meta'));
    expect(changesOf(lacking('meta'), { ...older, facets: less(older.facets, 'meta') })).toEqual([]);
  });

  test('an older one that lacks a field which is now set: that field changed', () => {
    const older = rerecorded(applied(app), (facets) => less(facets, 'system', 'platform'));
    expect(lines('web 80', older)).toEqual(['system.platform changed: none → x86_64-linux']);
  });

  test('a newer one with a facet that this release does not know, or a field left at nothing: unchanged', () => {
    const newer = rerecorded(applied(app), (facets) => {
      const more = { ...facets, meta: { ...facets.meta, colour: null }, colours: { front: 'red' } };
      return more;
    });
    expect(changesOf(app, newer)).toEqual([]);
  });

  test('a newer one with a field that this release does not set: nobody asks for it any more', () => {
    const newer = rerecorded(applied(app), (facets) => ({
      ...facets,
      meta: { ...facets.meta, colour: 'red' },
    }));
    expect(lines('web 80', newer)).toEqual(['meta.colour changed: red → none']);
  });
});

function less(facets: Facets, facet: 'system' | 'meta', field?: string): Facets {
  const fields = Object.entries(facets[facet] ?? {}).filter(([key]) => key !== field);
  const rest = Object.entries(facets).filter(([key]) => key !== facet);
  return Object.fromEntries(field === undefined ? rest : [...rest, [facet, Object.fromEntries(fields)]]);
}
