import { formatBinding, overlaps } from '../domain/binding.js';
import type { AppName } from '../domain/names.js';
import type { Change, Interrupts, OpId } from '../domain/plan.js';
import type { DesiredExposure } from '../domain/desired.js';
import { isAbout } from '../facets/exposure.js';
import type { Chain } from './chain.js';
import { causesOf } from './diff.js';
import type { ExposureChange } from './exposure.js';

export type ExposureContext = {
  readonly moves: ReadonlyMap<AppName, ExposureChange>;
  /** App → apps that must let go of an overlapping exposure before it can add its own. */
  readonly waits: ReadonlyMap<AppName, readonly AppName[]>;
  readonly breakFirst: ReadonlySet<AppName>;
};

/** What the exposures of one app are changed with. */
export type Exposing = { readonly ops: Chain; readonly app: AppName; readonly context: ExposureContext };

/** Make before break where that is possible; where it is not, what was taken away is the fallback. */
export function moveExposure(exposing: Exposing, changes: readonly Change[]): void {
  const { ops, app, context } = exposing;
  const move = context.moves.get(app);
  if (!move) return;
  if (context.breakFirst.has(app) || move.adds.length === 0) {
    dropExposures(exposing);
    addExposures(exposing, changes);
  } else {
    addExposures(exposing, changes);
    dropExposures(exposing);
  }
  if (ops.has('start')) return;
  for (const { device, exposure } of move.dead) {
    const freed = freedFor(app, exposure, context);
    ops.then({ kind: 'revive', device, exposure }, 'nothing listens', 'exposure', freed);
  }
}

function addExposures({ ops, app, context }: Exposing, changes: readonly Change[]): void {
  const isDropped = ops.has('unexpose');
  for (const { device, exposure: wanted, replaces } of context.moves.get(app)?.adds ?? []) {
    const isUp = ops.has('start') ? 'its system is up' : `${formatBinding(wanted.binding)} is not there`;
    const cause = causesOf(changes.filter((c) => isAbout(c, wanted))) || isUp;
    const fallback = isDropped ? replaces : null;
    const interrupts = replaces && !ops.has('start') ? 'exposure' : 'nothing';
    const freed = freedFor(app, wanted, context);
    ops.then({ kind: 'expose', device, exposure: wanted, fallback }, cause, interrupts, freed);
  }
}

/** Once: where the container starts, before that. */
export function dropExposures({ ops, app, context }: Exposing, interrupts: Interrupts = 'exposure'): void {
  const move = context.moves.get(app);
  if (!move || move.leaves || ops.has('unexpose')) return;
  for (const { device, binding, value } of move.drop) {
    const what = binding
      ? formatBinding(binding)
      : `${value['listen'] ?? device} to ${value['connect'] ?? '?'}`;
    const isReplaced = move.adds.some(({ exposure }) => formatBinding(exposure.binding) === what);
    const isReopened = move.adds.some((add) => add.device === device);
    const replaced = isReopened ? `${what} opens when the system is up` : `${what} is replaced`;
    const cause = isReplaced ? replaced : `${what} is not in the manifest any more`;
    ops.then({ kind: 'unexpose', device }, cause, interrupts);
  }
}

/** The operations by which others let go of what this app is about to open. */
export function freedFor(
  app: AppName,
  { binding }: DesiredExposure,
  { moves, waits }: ExposureContext,
): OpId[] {
  const holders = (waits.get(app) ?? []).filter((holder) => holder !== app);
  return holders.flatMap((holder) => {
    const other = moves.get(holder);
    const dropped = other?.drop.filter((e) => e.binding !== null && overlaps(e.binding, binding)) ?? [];
    if (other?.leaves) return dropped.length > 0 ? [`${holder}/delete`] : [];
    return dropped.map((e) => `${holder}/unexpose:${e.device}`);
  });
}
