import type { Change } from '../domain/plan.js';
import type { DesiredApp } from '../domain/desired.js';
import { DEVICE_STAGES, type Stage, type Step, type Steps, type Update } from '../facets/facet.js';
import { FACETS, facetOf } from '../facets/index.js';
import { causesOf } from './diff.js';

/** What is to be done to a container's config, devices and files, exposures aside. */
export type InstanceUpdate = {
  /** Touches nothing that runs. */
  readonly prepare: readonly Step[];
  /** Config and profiles: Incus takes them while the container runs, whether they count then or not. */
  readonly config: readonly Step[];
  readonly changes: readonly Step[];
  /** Files are there before a start; of a guest that runs, `own` and `reload` tell it. */
  readonly put: readonly Step[];
  readonly own: readonly Step[];
  readonly reload: readonly Step[];
  /** Whether `changes` need the container stopped: what they change is only looked at when it starts. */
  readonly needsRestart: boolean;
  /** Whether something is mounted that was not there before. */
  readonly mounts: boolean;
};

/** What each facet has to do, in one order. */
export function updateInstance(update: Update): InstanceUpdate {
  const parts = FACETS.flatMap(([facet, { stepsOf }]): Steps[] => {
    const isOf = (change: Change) => change.facet === facet;
    const [changes, removes] = [update.changes.filter(isOf), update.removes.filter(isOf)];
    return stepsOf ? [stepsOf({ ...update, changes, removes })] : [];
  });
  const steps = parts.flatMap((part) => part.steps);
  const at = (...stages: readonly Stage[]) =>
    stages.flatMap((stage) => steps.filter((step) => step.stage === stage));
  return {
    prepare: at('prepare'),
    config: update.actual ? configSteps(update.app, [...update.changes, ...update.removes]) : [],
    changes: at(...DEVICE_STAGES),
    ...{ put: at('put'), own: at('own'), reload: at('reload') },
    mounts: at('attach').length > 0,
    needsRestart: parts.some(({ isCold }) => isCold),
  };
}

/** Whether it is given back what it was made with. */
export function isRepaired({ changes }: InstanceUpdate): boolean {
  return changes.some(({ action }) => action.kind === 'repair');
}

/** All that changes of an instance's config and profiles is set at once. */
function configSteps(app: DesiredApp, changes: readonly Change[]): Step[] {
  const found = changes.map((change) => ({
    change,
    setting: facetOf(change.facet).settingOf?.(change.field) ?? null,
  }));
  const relevant = found.filter(({ setting }) => setting !== null);
  if (relevant.length === 0) return [];
  const keys = relevant.flatMap(({ setting }) => setting?.keys ?? []);
  const config = Object.fromEntries(
    keys.map((key) => [key, Object.hasOwn(app.config, key) ? (app.config[key] ?? '') : '']),
  );
  const isProfiles = relevant.some(({ setting }) => setting?.profiles === true);
  const profiles = isProfiles ? (app.profiles ?? ['default']) : null;
  const cause = causesOf(relevant.map(({ change }) => change));
  return [{ action: { kind: 'configure', config, profiles }, cause }];
}
