import { describe, expect, test } from '@jest/globals';
import { matchApps, takenBy } from '../../src/planner/match.js';
import { actual, actualOf, desired } from './worlds.js';

/** `app: the instance that is its own`. */
function matches(want: readonly string[], have: readonly string[]): string[] {
  return [...matchApps(desired(want), actual(have))].map(([app, { name }]) => `${app}: ${name}`);
}

test('an app is the instance of its name, else the one that is about to have it, else its former one', () => {
  expect(matches(['a - was=x'], ['a', 'b - becoming=a', 'x'])).toEqual(['a: a']);
  expect(matches(['a - was=x'], ['b - becoming=a', 'x'])).toEqual(['a: b']);
  expect(matches(['a - was=x'], ['b', 'x'])).toEqual(['a: x']);
  expect(matches(['a - was=x'], ['b'])).toEqual([]);
});

test('one that was renamed right before the run was cut short is still found by the name it had', () => {
  expect(matches(['a'], ['b - former=a', 'x'])).toEqual(['a: b']);
  expect(matches(['a - was=x'], ['b - former=a', 'x'])).toEqual(['a: b']);
  expect(matches(['a - was=x'], ['b - former=x'])).toEqual(['a: b']);
  expect(matches(['b'], ['b - former=a'])).toEqual(['b: b']);
  expect(matches(['a', 'b'], ['b - former=a'])).toEqual(['b: b']);
});

test('no instance is two apps’', () => {
  expect(matches(['a - was=x', 'x'], ['x'])).toEqual(['x: x']);
  expect(matches(['a - was=x', 'b - was=x'], ['x'])).toEqual(['a: x']);
  expect(matches(['a', 'x'], ['x - becoming=a'])).toEqual(['x: x']);
  expect(matches(['a - was=x', 'b'], ['x - becoming=b'])).toEqual(['b: x']);
});

describe('what an app takes from its other name', () => {
  /** `from: volumes by their names in Incus`, and the generations. */
  function taken(want: string, have: readonly string[], volumes: readonly string[] = []): string {
    const [app] = desired([want]).apps;
    if (!app) throw new Error('nothing is wanted');
    const there = actualOf({ want: [want], have, volumes });
    const found = takenBy(app, matchApps(desired([want]), there).get(app.name) ?? null, there);
    if (!found) return 'nothing';
    const names = found.volumes.map(({ name }) => name.replace('homelab.', ''));
    return [`${found.from}:`, ...names, ...(found.generations ? ['generations'] : [])].join(' ');
  }

  test('before it is renamed: all that is there', () => {
    expect(taken('new - was=old', ['old - volumes=data:/x'], ['old/kept', 'other/kept'])).toBe(
      'old: old.data old.kept generations',
    );
    expect(taken('new', ['old - becoming=new'])).toBe('old: generations');
  });

  test('when the rename is not wanted any more: what went over already', () => {
    expect(taken('old', ['old - becoming=new'], ['new/data'])).toBe('new: new.data');
    expect(taken('old', ['old - becoming=new top=none'], ['new/data'])).toBe('new: new.data generations');
    expect(taken('old', ['old - becoming=new'])).toBe('nothing');
    expect(taken('old', ['new - volumes=data:/x former=old'])).toBe('new: new.data generations');
  });

  test('of a name that another instance has by now: only what is its own to see', () => {
    expect(taken('old', ['old - becoming=new top=none', 'new - volumes=data:/x'])).toBe('nothing');
  });

  test('and of that name what it has attached itself', () => {
    const want = ['old'];
    const there = actualOf({ want, have: ['old - becoming=new', 'new'], volumes: ['new/data', 'new/more'] });
    const volumes = there.volumes.map((v) => ({ ...v, usedBy: v.volume === 'data' ? ['old'] : ['new'] }));
    const [app] = desired(want).apps;
    const [old] = there.apps.filter(({ name }) => name === 'old');
    const found = app && takenBy(app, old ?? null, { ...there, volumes });
    expect(found?.volumes.map(({ volume }) => volume)).toEqual(['data']);
  });

  test('of one that is gone: volumes that it has none of', () => {
    expect(taken('new - was=old', [], ['old/data', 'old/more', 'new/more'])).toBe('old: old.data');
    expect(taken('new - was=old', ['new'], ['old/data'])).toBe('nothing');
    expect(taken('new', [], ['old/data'])).toBe('nothing');
  });
});
