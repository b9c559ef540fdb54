import type { AppName } from '../model.js';
import { FailedProgram } from '../problem.js';

/** `system-7-link` → 7; 0 for what is no generation. */
export function generationOf(link: string): number {
  return Number(/-(\d+)-link$/.exec(link)?.[1] ?? 0);
}

/** `count(2, 'path')` → `2 paths`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What nix-env says it removed, in words; nothing: ''. */
export function removedGenerations(said: string): string {
  const removed = said.match(/^removing (?:profile version|generation) \d+/gm) ?? [];
  return removed.length === 0 ? '' : count(removed.length, 'generation');
}

/** A program of Nix that failed: its last line says why. */
export function nixFailed(app: AppName, what: string, stderr: string): FailedProgram {
  const log = stderr.trimEnd().split('\n');
  return new FailedProgram({ app, message: `${what}: ${log.at(-1) ?? ''}` }, log);
}
