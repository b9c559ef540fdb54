import type { Action } from '../domain/action.js';

const UNDONE = 'pets-undone-';

/** The copy of what a generation left. */
export function copyOf(generation: number): string {
  return `pets-${generation}`;
}

/** The copy of what was there when a generation's data was given back. */
export function undoneCopyOf(generation: number): string {
  return `${UNDONE}${generation}`;
}

/** Of what is taken back each copy lasts: one more way back must not make it that of an older one. */
export function snapshotOf(volumes: readonly string[], name: string): Action {
  return { kind: 'snapshot', volumes, name, isLasting: name.startsWith(UNDONE) };
}
