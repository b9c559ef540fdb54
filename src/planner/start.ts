import type { Action } from '../domain/action.js';
import type { InstanceState } from '../domain/instance-state.js';
import type { DesiredApp } from '../domain/desired.js';
import { dropExposures, freedFor, type Exposing } from './expose.js';

/** `instance`: where it is about to be renamed, its name now. */
export function stopOf({ name, stopTimeout: graceMs }: DesiredApp, instance = name): Action {
  return { kind: 'stop', instance, graceMs };
}

/** Starts an app that does not run, but is stopped or frozen. */
export function startApp(exposing: Exposing, status: InstanceState): void {
  const { ops, app, context } = exposing;
  dropExposures(exposing, 'nothing');
  const before = ops.all.findLast(({ action }) => action.kind === 'create' || action.kind === 'stop');
  const stopped = before ? 'it was stopped for the change' : `it is ${status.toLowerCase()}`;
  const cause = before?.action.kind === 'create' ? 'just created' : stopped;
  // Those of a frozen container open as it is thawed.
  const kept = context.moves.get(app)?.kept ?? [];
  const freed = kept.flatMap(({ exposure }) => freedFor(app, exposure, context));
  const from = status === 'Frozen' ? 'Frozen' : 'Stopped';
  ops.then({ kind: 'start', from }, cause, 'nothing', [...new Set(freed)]);
}
