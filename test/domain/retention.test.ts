import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expired, KEEP_WORDS, type Keep } from '../../src/domain/retention.js';
import { examples } from '../sample.js';

/** `2026-01-31 23`: a local time. */
function at(text: string) {
  const [date = '', hour = '0'] = text.split(' ');
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return { name: text, time: new Date(year, month - 1, day, Number(hour)) };
}

function gone(keep: Keep, ...times: readonly string[]): string[] {
  return expired(times.map(at), keep).map(({ name }) => name);
}

describe('what is kept of backups', () => {
  const times = ['2026-03-01 1', '2026-03-01 9', '2026-03-02 1', '2026-03-02 9', '2026-03-03 1'];

  test.each<[Keep, number[]]>([
    [{ last: 1 }, [0, 1, 2, 3]],
    [{ last: 3 }, [0, 1]],
    [{ last: 9 }, []],
    [{ daily: 1 }, [0, 1, 2, 3]],
    [{ daily: 2 }, [0, 1, 2]],
    [{ daily: 7 }, [0, 2]],
    [{ daily: 2, last: 3 }, [0, 1]],
    // The first of March 2026 is a Sunday.
    [{ weekly: 2 }, [0, 2, 3]],
    [{ monthly: 5 }, [0, 1, 2, 3]],
  ])('%j', (keep, which) => {
    expect(gone(keep, ...times)).toEqual(times.filter((_, n) => which.includes(n)));
  });

  test('days without one do not count', () => {
    expect(gone({ daily: 2 }, '2025-01-01', '2026-01-01', '2026-06-01')).toEqual(['2025-01-01']);
  });

  test('a week is from Monday on, over the end of a year too; a year is a calendar’s', () => {
    const days = ['2025-12-28', '2025-12-29', '2026-01-04', '2026-01-05'];
    expect(gone({ weekly: 9 }, ...days)).toEqual(['2025-12-29']);
    expect(gone({ yearly: 9 }, ...days)).toEqual(['2025-12-28', '2026-01-04']);
    expect(gone({ monthly: 9 }, ...days)).toEqual(['2025-12-28', '2026-01-04']);
  });

  test('whatever it says: the newest stays, more is kept by more, and nothing goes that was kept before', () => {
    const hours = fc.uniqueArray(fc.nat(3000), { minLength: 1, maxLength: 60 });
    const keeps = fc
      .record(Object.fromEntries(KEEP_WORDS.map((word) => [word, fc.integer({ min: 1, max: 5 })])), {
        requiredKeys: [],
      })
      .map((keep) => keep as Keep);
    fc.assert(
      fc.property(hours, keeps, keeps, (list, keep, more) => {
        const all = list.map((hour) => ({ hour, time: new Date(2026, 0, 1, hour) }));
        const newest = all.reduce((a, b) => (a.hour > b.hour ? a : b));
        const lost = expired(all, keep);
        expect(lost).not.toContain(newest);
        const both = expired(all, { ...keep, ...sum(keep, more) });
        expect(lost).toEqual(expect.arrayContaining(both));
        // What stays, stays: the next look deletes nothing.
        const left = all.filter((one) => !lost.includes(one));
        expect(expired(left, keep)).toEqual([]);
      }),
      examples(300),
    );
  });
});

function sum(a: Keep, b: Keep): Keep {
  return Object.fromEntries(
    KEEP_WORDS.flatMap((word) => {
      const both = (a[word] ?? 0) + (b[word] ?? 0);
      return both === 0 ? [] : [[word, both]];
    }),
  );
}
