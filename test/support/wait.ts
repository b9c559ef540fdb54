import { setTimeout as sleep } from 'node:timers/promises';

export { setTimeout as sleep } from 'node:timers/promises';

/** What takes as long as this will never end, however busy the machine is. */
export const HANGS_MS = 540_000;

export type Patience = {
  /** What is said of something that never comes. */
  readonly what: string | (() => string);
  readonly everyMs?: number;
  readonly withinMs?: number;
};

/** Asks again and again until there is an answer: anything but false and nothing. */
export async function until<T>(
  ask: () => T | Promise<T>,
  { what, everyMs = 50, withinMs = HANGS_MS }: Patience,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false)
      return answer as NonNullable<Exclude<T, false>>;
    if (Date.now() > deadline) throw new Error(typeof what === 'string' ? what : what());
    await sleep(everyMs);
  }
}
