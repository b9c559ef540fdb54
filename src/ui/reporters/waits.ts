import type { ActionKind } from '../../domain/action.js';
import type { OpId, Operation } from '../../domain/plan.js';
import { isIdle, type ProgressState, type Row } from './board.js';

/** What a row that does nothing by now waits for. */
export type Wait =
  | { readonly kind: 'slot' }
  /** For what others have to do first; `op` is what it then goes on with. */
  | { readonly kind: 'others'; readonly op: OpId; readonly words: string };

/** Null: it does something, or is over. */
export function waitOf(board: ProgressState, row: Row): Wait | null {
  if (row.state !== 'waiting' && !isIdle(row)) return null;
  const over = new Set(board.rows.flatMap(({ ended }) => ended));
  const all = new Map(board.plan?.operations.map((op) => [op.id, op]));
  const left = [...all.values()].filter(
    ({ app, id, phase }) => app === row.app && phase === 'forward' && !over.has(id),
  );
  for (const op of left) {
    const before = [...op.needs, ...op.after]
      .filter((id) => !over.has(id))
      .flatMap((id) => all.get(id) ?? []);
    if (before.length === 0) return { kind: 'slot' };
    if (before.every(({ app }) => app !== row.app))
      return { kind: 'others', op: op.id, words: othersWords(before) };
  }
  return null;
}

/** `waiting for 3 builds`. */
export function waitWords(wait: Wait | null): string {
  if (wait === null) return 'waiting';
  return `waiting for ${wait.kind === 'slot' ? 'a slot' : wait.words}`;
}

const BUILDS: ReadonlySet<ActionKind> = new Set(['lock', 'evaluate', 'build']);

function othersWords(before: readonly Operation[]): string {
  const apps = [...new Set(before.map(({ app }) => app))];
  const [only] = apps;
  if (apps.length === 1 && only !== undefined) return only;
  const isForBuilds = before.every(({ action }) => BUILDS.has(action.kind));
  return `${apps.length} ${isForBuilds ? 'builds' : 'apps'}`;
}
