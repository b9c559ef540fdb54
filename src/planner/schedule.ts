import type { Action, ActionKind } from '../domain/action.js';
import type { Actual } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Desired } from '../domain/desired.js';
import type { OpId, Operation } from '../domain/plan.js';
import { reaches } from './exposure.js';

/** The edges between apps: what must not happen before something of another app. */
export function inOrder(operations: readonly Operation[], desired: Desired, actual: Actual): Operation[] {
  return afterOthers(afterGood(buildsFirst(operations, actual)), desired);
}

/**
 * A port that an app lets go of may have to be its own again, should its upgrade fail: who takes it waits until that
 * is known to be good. Where that would close a circle (two apps that swap ports), they do not wait.
 */
function afterGood(operations: readonly Operation[]): Operation[] {
  const records = new Map<AppName, OpId>();
  const back = operations.filter(({ phase }) => phase === 'rollback');
  for (const { app } of back) {
    const record = operations.find((op) => op.app === app && op.action.kind === 'record');
    if (record) records.set(app, record.id);
  }
  if (records.size === 0) return [...operations];
  const owners = new Map(operations.map((op) => [op.id, op.app]));
  const edges = new Map<OpId, readonly OpId[]>(operations.map((op) => [op.id, [...op.needs, ...op.after]]));
  return operations.map((op) => {
    const others = op.needs.flatMap((id) => owners.get(id) ?? []).filter((app) => app !== op.app);
    const good = [...new Set(others)].flatMap((app) => records.get(app) ?? []);
    const added = good.filter((record) => !reaches(record, op.id, edges));
    edges.set(op.id, [...(edges.get(op.id) ?? []), ...added]);
    return added.length === 0 ? op : { ...op, needs: [...op.needs, ...added] };
  });
}

/** Take something from an app that runs, or change it. */
const TOUCHES: ReadonlySet<ActionKind> = new Set<ActionKind>([
  'repair',
  'set-profile',
  'deliver',
  'configure',
  'attach',
  'detach',
  'resize-volume',
  'begin-rename',
  'move-profile',
  'push-secrets',
  'revert-secrets',
  'activate',
  'restart-units',
  'expose',
  'unexpose',
  'revive',
  'stop',
]);

/** A broken flake must not be found out after some other app has already been changed. */
function buildsFirst(operations: readonly Operation[], { apps }: Actual): Operation[] {
  const builds = operations.filter((o) => o.action.kind === 'build').map((o) => o.id);
  const running = new Set<string>(
    apps.filter((a) => a.status === 'Running').flatMap((a) => [a.name, a.renamingTo ?? a.name]),
  );
  const touches = ({ action, app }: Operation) =>
    TOUCHES.has(action.kind) && (running.has(app) || running.has(nameNow(action) ?? app));
  return operations.map((op) =>
    touches(op) && op.phase === 'forward'
      ? { ...op, after: builds.filter((b) => !op.needs.includes(b)) }
      : op,
  );
}

/** Of an instance that is about to be renamed. */
function nameNow(action: Action): AppName | null {
  if (action.kind === 'stop') return action.instance;
  return action.kind === 'begin-rename' ? action.from : null;
}

/**
 * An app that comes `after` others waits until those that this run starts or switches are up. Where that would
 * close a circle with ports that must be free first, the ports win.
 */
function afterOthers(operations: readonly Operation[], { apps }: Desired): Operation[] {
  const edges = new Map<OpId, readonly OpId[]>(operations.map((op) => [op.id, [...op.needs, ...op.after]]));
  const needed = new Map<OpId, OpId[]>();
  for (const { name, after } of apps) {
    const first = firstInterrupting(operations, name);
    if (first === undefined) continue;
    for (const up of after.flatMap((other) => isUp(operations, other) ?? [])) {
      if (reaches(up, first, edges)) continue;
      edges.set(first, [...(edges.get(first) ?? []), up]);
      needed.set(first, [...(needed.get(first) ?? []), up]);
    }
  }
  return operations.map((op) => ({ ...op, needs: [...op.needs, ...(needed.get(op.id) ?? [])] }));
}

function firstInterrupting(operations: readonly Operation[], app: AppName): OpId | undefined {
  return operations.find(
    (op) =>
      op.app === app &&
      op.phase === 'forward' &&
      ['stop', 'start', 'activate', 'restart-units'].includes(op.action.kind),
  )?.id;
}

function isUp(operations: readonly Operation[], app: AppName): OpId | undefined {
  return operations.findLast(
    (op) => op.app === app && op.phase === 'forward' && ['settle', 'check'].includes(op.action.kind),
  )?.id;
}
