/** The candidate that a typo most likely meant, or null where none is near. */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const plain = foldCase(word);
  const near = candidates
    .map((candidate) => ({ candidate, limit: Math.max(1, Math.floor(candidate.length / 3)) }))
    // Their lengths alone are that far apart.
    .filter(({ candidate, limit }) => Math.abs(candidate.length - plain.length) <= limit)
    .map(({ candidate, limit }) => ({ candidate, limit, distance: distance(plain, foldCase(candidate)) }))
    .filter(({ distance, limit }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? null;
}

export function didYouMean(word: string, candidates: readonly string[], suffix = ''): string | null {
  const meant = suggest(word, candidates);
  return meant === null ? null : `did you mean \`${meant}${suffix}\`?`;
}

function foldCase(word: string): string {
  return word.slice(0, 64).toLowerCase().replaceAll('_', '-');
}

/** Slips from one word to the other (optimal string alignment): Levenshtein, with two neighbours swapped counted as one. */
export function distance(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = cellAt(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cellAt(previous, j - 2) + 1 : Infinity;
      next.push(Math.min(cellAt(row, j) + 1, cellAt(next, j - 1) + 1, substitution, swapped));
    }
    [previous, row] = [row, next];
  }
  return cellAt(row, b.length);
}

function cellAt(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
