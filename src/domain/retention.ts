/** The spans of which so many have their newest backup kept; `last`: so many of the newest. */
export const KEEP_WORDS = ['last', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type KeepWord = (typeof KEEP_WORDS)[number];
/** At least one of them is there, and none is below 1. */
export type Keep = { readonly [word in KeepWord]?: number };

/** What is kept until so many spans that have a backup are seen; what of it is in a span is the newest there. */
const SPANS: Readonly<Record<KeepWord, (time: Date, n: number) => string | number>> = {
  last: (_, n) => n,
  daily: (time) => `${time.getFullYear()}-${time.getMonth()}-${time.getDate()}`,
  weekly: mondayOf,
  monthly: (time) => `${time.getFullYear()}-${time.getMonth()}`,
  yearly: (time) => time.getFullYear(),
};

/** The day of the month may go below one: `Date` goes on in the month before. */
function mondayOf(time: Date): number {
  const sinceMonday = (time.getDay() + 6) % 7;
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() - sinceMonday).getTime();
}

/**
 * Those that nothing in `keep` asks for. Days and what is longer are those of the host's time zone, and only those that
 * have something count: who was away for a month loses nothing by it. The newest always stays.
 */
export function expired<T extends { readonly time: Date }>(all: readonly T[], keep: Keep): T[] {
  const newestFirst = [...all].sort((a, b) => b.time.getTime() - a.time.getTime());
  const kept = new Set(newestFirst.slice(0, 1));
  for (const word of KEEP_WORDS) {
    const spans = new Set<string | number>();
    for (const [n, one] of newestFirst.entries()) {
      const span = SPANS[word](one.time, n);
      if (spans.has(span) || spans.size >= (keep[word] ?? 0)) continue;
      spans.add(span);
      kept.add(one);
    }
  }
  return all.filter((one) => !kept.has(one));
}
