import type { Action } from '../domain/action.js';
import type { AppName } from '../domain/names.js';
import type { Interrupts, OpId, Operation } from '../domain/plan.js';

/** Operations of one app, each needing the one before. */
export class Chain {
  readonly all: Operation[] = [];
  readonly #app: AppName;

  constructor(app: AppName) {
    this.#app = app;
  }

  then(
    action: Action,
    cause: string,
    interrupts: Interrupts = 'nothing',
    alsoNeeds: readonly OpId[] = [],
  ): void {
    const last = this.all.at(-1);
    const needs = [...(last ? [last.id] : []), ...alsoNeeds.filter((other) => other !== last?.id)];
    this.all.push({
      ...{ id: this.#freeId(action), app: this.#app, phase: 'forward' },
      ...{ action, cause, interrupts, needs, after: [] },
    });
  }

  has(kind: Action['kind']): boolean {
    return this.all.some(({ action }) => action.kind === kind);
  }

  /** A guest that gets its system into a store of its own starts twice. */
  #freeId(action: Action): OpId {
    return freeId(
      idOf(this.#app, action),
      this.all.map((op) => op.id),
    );
  }
}

/** `id`, or `id~2`, `id~3`…: another step of the same kind may have the name. */
export function freeId(id: OpId, taken: readonly OpId[]): OpId {
  for (let n = 1; ; n++) {
    const free = n === 1 ? id : `${id}~${n}`;
    if (!taken.includes(free)) return free;
  }
}

export function idOf(app: AppName, action: Action): OpId {
  const detail = detailOf(action);
  return `${app}/${action.kind}${detail === null ? '' : `:${detail}`}`;
}

function detailOf(action: Action): string | null {
  if ('device' in action) return action.device;
  if ('volume' in action) return action.volume;
  return action.kind === 'make-folder' ? action.path : null;
}
