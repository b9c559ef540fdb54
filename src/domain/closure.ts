import type { Exec, ExecResult } from '../lib/program.js';

/** Paths in one argument list: far below what a kernel takes. */
const ASKED = 1000;

/**
 * The store paths that a system is made of, as this host's store knows them: what is referred to comes before what refers
 * to it. What else Nix may answer is the caller's to judge.
 */
export async function closureOf(toplevel: string, exec: Exec): Promise<readonly string[] | Refusal> {
  const result = await exec('nix-store', ['--query', '--requisites', toplevel]);
  return result.exitCode === 0 ? linesOf(result) : { refusal: result.stderr };
}

/** What Nix printed where it did not answer. */
export type Refusal = { readonly refusal: string };

export function isRefusal(answer: object): answer is Refusal {
  return 'refusal' in answer;
}

/** Bytes of each path. */
export async function sizesOf(
  paths: readonly string[],
  exec: Exec,
): Promise<ReadonlyMap<string, number> | Refusal> {
  const sizes = new Map<string, number>();
  for (const chunk of chunks(paths, ASKED)) {
    const result = await exec('nix-store', ['--query', '--size', ...chunk]);
    if (result.exitCode !== 0) return { refusal: result.stderr };
    for (const [i, size] of result.stdout.split('\n').entries()) sizes.set(chunk[i] ?? '', Number(size));
  }
  return sizes;
}

function linesOf({ stdout }: ExecResult): readonly string[] {
  return stdout.split('\n').filter((line) => line !== '');
}

export function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
