/** What several ordered sources give, in one order. Of each only one item is held at a time. */
export async function* mergeSorted<T>(
  sources: readonly AsyncGenerator<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let first = -1;
      for (const [i, head] of heads.entries()) {
        const least = heads[first];
        if (!head.done && (!least || least.done || compare(head.value, least.value) < 0)) first = i;
      }
      const [head, source] = [heads[first], sources[first]];
      if (!head || head.done || !source) return;
      yield head.value;
      heads[first] = await source.next();
    }
  } finally {
    await Promise.all(sources.map((source) => source.return(undefined)));
  }
}
