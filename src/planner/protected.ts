import type { ActionKind } from '../domain/action.js';
import type { ActualApp } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Operation } from '../domain/plan.js';
import type { Problem } from '../domain/problem.js';
import { protectedProblem } from '../domain/protection.js';

/** Their way back starts the container, or they do. */
const STARTS: readonly ActionKind[] = ['start', 'activate'];

/**
 * What Incus would refuse when the app is stopped already, or has lost its generations. `app`: the name that its
 * operations have.
 */
export function protectionProblems(
  { name, protections }: ActualApp,
  app: AppName,
  operations: readonly Operation[],
): Problem[] {
  const kinds = new Set(operations.filter((op) => op.app === app).map(({ action }) => action.kind));
  const wants = {
    delete: kinds.has('delete') ? 'it is to be deleted' : null,
    // A container that is made anew has no such protection.
    start: !kinds.has('delete') && STARTS.some((kind) => kinds.has(kind)) ? 'it is to be started' : null,
  };
  return protections.flatMap((protection) => {
    const why = wants[protection.against];
    return why === null ? [] : [protectedProblem(name, protection, why)];
  });
}
