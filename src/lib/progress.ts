import type { Bytes } from './program.js';

/** How far long work is, in bytes. `total` null: nobody knows how many there will be. */
export type Amount = { readonly what: string; readonly done: number; readonly total: number | null };
/** `ms`: since it began. */
export type HowFar = Amount & { readonly ms: number };
/** Null: what was told of last is over. */
export type Tell = (amount: Amount | null) => void;

/** Between two times that it is told, and before the first: of what takes less nothing is said. */
export const TELL_MS = 1000;

/** Work tells with each piece that it moves; `sink` hears of it now and then. */
export function paceTelling(sink: (far: HowFar | null) => void, now: () => number = Date.now): Tell {
  let current: { readonly what: string; readonly began: number; last: number } | null = null;
  return (amount) => {
    if (amount === null) {
      current = null;
      sink(null);
      return;
    }
    const at = now();
    if (current?.what !== amount.what) current = { what: amount.what, began: at, last: at };
    if (at - current.last < TELL_MS) return;
    current.last = at;
    sink({ ...amount, ms: at - current.began });
  };
}

/** The same bytes; tells how many have gone by. */
export async function* countBytes(bytes: Bytes, what: string, total: number | null, tell: Tell): Bytes {
  let done = 0;
  try {
    for await (const chunk of bytes) {
      done += chunk.length;
      tell({ what, done, total });
      yield chunk;
    }
  } finally {
    tell(null);
  }
}

/**
 * For what the daemon copies into a pool and says nothing of: tells by how much the pool has filled since it was emptiest.
 * Whatever else is written there counts as well.
 */
export async function whileFilling<T>(
  { what, free, tell }: { readonly what: string; readonly free: () => Promise<number>; readonly tell: Tell },
  work: () => Promise<T>,
): Promise<T> {
  let most = 0;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async () => {
    // What cannot be looked at is not told; the work itself says what is wrong.
    const left = await Promise.resolve()
      .then(free)
      .catch(() => null);
    if (isOver) return;
    most = Math.max(most, left ?? 0);
    if (left !== null) tell({ what, done: most - left, total: null });
    timer = setTimeout(() => void look(), TELL_MS);
  };
  void look();
  try {
    return await work();
  } finally {
    isOver = true;
    clearTimeout(timer);
    tell(null);
  }
}
