import type { VolumeMount } from '../domain/action.js';
import type { ActualApp, Volume } from '../domain/actual.js';
import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Chain } from './chain.js';
import { asks } from '../facets/index.js';
import { isDirty, lastGood, type Goal } from './target.js';
import { copyOf, undoneCopyOf, snapshotOf } from '../facets/copies.js';

/** What becomes of what an app's volumes hold when its system changes. */
export type DataMove = {
  readonly volumes: readonly string[];
  /** Names of the copies that are made, of what they hold at first. */
  readonly take: readonly string[];
  /** The copy that they are given back. */
  readonly restore: string | null;
};
const NOTHING: DataMove = { volumes: [], take: [], restore: null };

export function dataMove(
  { app, aim }: Goal,
  there: ActualApp | null,
  changes: readonly Change[],
  volumes: readonly string[],
): DataMove {
  if (!there?.applied || !lastGood(there) || !app.stateful || volumes.length === 0) return NOTHING;
  const { generation } = there.applied;
  // Not whole: never to be started with, whatever is wanted.
  if (there.state === 'restoring') return { volumes, take: [], restore: copyOf(generation) };
  if (isDirty(there)) {
    // What an upgrade that was cut short has made of them is gone on with, unless it is known to be no good.
    const isWanted = aim.kind === 'build' && there.rejected === null;
    if (isWanted) return NOTHING;
    return { volumes, take: [undoneCopyOf(generation)], restore: copyOf(generation) };
  }
  if (aim.kind === 'by-hand' && aim.data)
    return { volumes, take: [copyOf(generation)], restore: copyOf(aim.to.generation) };
  const isUpgrade = changes.some((change) => asks(change, 'build'));
  return isUpgrade ? { volumes, take: [copyOf(generation)], restore: null } : NOTHING;
}

/** What the app has attached, and what is kept for it and is attached again: all that a new system may write to. */
export function volumesFor(app: DesiredApp, there: ActualApp | null, kept: readonly Volume[]): string[] {
  const attached = (there?.attachments ?? []).flatMap((a) => (a.kind === 'volume' ? [a.volume] : []));
  const again = app.volumes.filter(({ name }) => kept.some(({ volume }) => volume === name));
  return [...new Set([...attached, ...again.map(({ name }) => name)])];
}

/** Where a running app has what is to be copied. */
export function mountsOf({ attachments }: ActualApp, { volumes, take }: DataMove): VolumeMount[] {
  return attachments.flatMap((a) =>
    a.kind === 'volume' && take.length > 0 && volumes.includes(a.volume)
      ? [{ volume: a.volume, path: a.path }]
      : [],
  );
}

/** Whether the container must be stopped for it. */
export function movesData({ take, restore }: DataMove): boolean {
  return take.length > 0 || restore !== null;
}

/** In a container that is stopped. */
export function moveData(ops: Chain, { volumes, take, restore }: DataMove, cause: string): void {
  for (const name of take) ops.then(snapshotOf(volumes, name), cause);
  if (restore !== null)
    ops.then({ kind: 'restore', volumes, name: restore }, 'what was written since is taken back');
}
