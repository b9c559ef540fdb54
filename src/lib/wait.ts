/** Resolves after `ms`, or as soon as `signal` says so. It never rejects. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Whether work ends, well or not, within `ms`. It goes on all the same. */
export function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, ms);
    const end = () => {
      clearTimeout(timer);
      resolve(true);
    };
    work.then(end, end);
  });
}

/** `deadline`: as `Date.now()` counts; what is begun before it ends in its own time. */
export type Bound = { readonly deadline: number } | { readonly attempts: number };

function isOver(bound: Bound, attempts: number): boolean {
  return 'deadline' in bound ? Date.now() > bound.deadline : attempts >= bound.attempts;
}

/** Looks again and again, at least once, until what is seen is wanted. Returns what was seen last, wanted or not. */
export async function poll<T>(
  look: () => T | Promise<T>,
  isWanted: (seen: T) => boolean | Promise<boolean>,
  bound: Bound & { readonly everyMs: number },
): Promise<T> {
  for (let n = 1; ; n++) {
    const seen = await look();
    if ((await isWanted(seen)) || isOver(bound, n)) return seen;
    await sleep(bound.everyMs);
  }
}

/** `pauseMs`: before the second attempt; twice as long before each further one, at most `longestMs`. */
export type Pauses = { readonly pauseMs: number; readonly longestMs: number };

/** Tries again as long as what goes wrong may pass; without pauses, at once. */
export async function retry<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
  bound: Bound & Partial<Pauses>,
): Promise<T> {
  const { pauseMs = 0, longestMs = pauseMs } = bound;
  for (let n = 1, pause = pauseMs; ; n++, pause = Math.min(pause * 2, longestMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || isOver(bound, n)) throw error;
      if (pause > 0) await sleep(pause);
    }
  }
}
