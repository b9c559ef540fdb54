import type { Aim } from './aim.js';
import equal from 'fast-deep-equal';
import type { ActualApp, Generation } from '../domain/actual.js';
import type { DesiredApp } from '../domain/desired.js';
import type { StorePath } from '../domain/names.js';
import { appUnder, blockedIn, facetsByHand } from './blocked.js';
import { secretsIn, withoutSecrets, withSecrets } from '../facets/secrets.js';
import { exposuresIn } from '../facets/exposure.js';
import { hasDevice, hasProfiles } from '../facets/container.js';
import { builtFrom } from '../facets/index.js';
import { sizeIn } from '../facets/storage.js';
import { toplevelIn } from '../facets/system.js';

/** What a run is to bring about for an app: what the manifest says, or a generation that was good. */
export type Goal = {
  readonly app: DesiredApp;
  readonly aim: Aim;
};

/** `pets rollback`: to which generation, and whether with its data. */
export type Rollback = { readonly generation: Generation; readonly data: boolean };

/** What a person asks for, whatever the manifest says. */
export function rollbackTargetOf(app: DesiredApp, there: ActualApp, { generation, data }: Rollback): Goal {
  // Asked for once more, after a run that was cut short, say: what is as it should be is left alone.
  const isThere = there.applied?.generation === generation.generation && !data;
  const aim: Aim = isThere ? { kind: 'keep', to: generation } : { kind: 'by-hand', to: generation, data };
  return { app: appOf(generation, app, there), aim };
}

/** `retry`: what did not work before is tried again. */
export function targetOf(app: DesiredApp, there: ActualApp | null, retry: boolean): Goal {
  const last = lastGood(there);
  if (!there?.applied || !last) return { app, aim: { kind: 'build' } };
  const blocked = retry ? null : blockedIn(app.facets, there, last);
  if (there.hold) {
    const { condemned, facets } = blocked ?? {
      condemned: null,
      facets: facetsByHand(app.facets, there, last),
    };
    const under = appUnder({ facets }, app, appOf(last, app, there));
    return { app: under, aim: { kind: 'hold-by-hand', to: last, hold: there.hold, condemned } };
  }
  const aim: Aim = isDirty(there) ? { kind: 'keep', to: last } : { kind: 'build' };
  // An upgrade that was cut short, and that nobody wants any more.
  if (equal(app.facets, there.applied.facets)) return { app, aim };
  if (blocked) {
    const { condemned } = blocked;
    const under = appUnder(blocked, app, appOf(last, app, there));
    return { app: under, aim: { kind: 'hold', to: last, condemned } };
  }
  // Nor is it wanted where only other things than the system are not as they were.
  const isSame = equal(builtFrom(app.facets), builtFrom(there.applied.facets));
  return { app, aim: isSame ? aim : { kind: 'build' } };
}

/** What the last run that went well recorded. */
export function lastGood(there: ActualApp | null): Generation | null {
  return there?.generations.find(({ generation }) => generation === there.applied?.generation) ?? null;
}

/**
 * Whether a system that was never found good may have run, and written to the volumes. As soon as the profile is
 * back they are too: the way back restores them first. In a store of the guest's own the profile is not to be seen.
 */
export function isDirty({ state, applied, facets }: ActualApp): boolean {
  const toplevel = toplevelIn(facets) ?? null;
  switch (state) {
    case 'restoring':
      return true;
    case 'upgrading':
      return toplevel !== (applied?.toplevel ?? null);
    case 'returning':
      // What has been good keeps what it wrote; but somebody must see that it runs.
      return toplevel === null;
    case 'creating':
    case 'ready':
      return false;
  }
}

/** A recorded generation as something to be wanted. Secrets are not kept by generation: those of `app` count. */
export function appOf(generation: Generation, app: DesiredApp, there: ActualApp): DesiredApp {
  const { facets, devices, attachments, exposures } = generation;
  const isOwn = (device: string) => [...attachments, ...exposures].some((own) => own.device === device);
  const web = exposures.find(({ role }) => role === 'web')?.binding ?? null;
  const toplevel: StorePath = generation.toplevel;
  return {
    ...app,
    was: null,
    source: { kind: 'toplevel', path: toplevel },
    nixpkgs: null,
    modules: [],
    nixos: {},
    listen: web && web.protocol !== 'unix' ? { address: web.address, port: web.first } : null,
    exposures: exposures.flatMap((exposure) => exposuresIn(exposure)),
    volumes: attachments.flatMap((a) =>
      a.kind === 'volume' ? [{ name: a.volume, path: a.path, size: sizeIn(facets, a.volume) }] : [],
    ),
    binds: attachments.flatMap((a) =>
      a.kind === 'bind' ? [{ ...a, source: local(a.source), create: false }] : [],
    ),
    config: generation.config,
    devices: Object.fromEntries(
      Object.entries(devices).filter(([device]) => !isOwn(device) && hasDevice(facets, device)),
    ),
    profiles: hasProfiles(facets) ? generation.profiles : null,
    store: there.store,
    image: null,
    health: generation.health,
    facets: withSecrets(facets, secretsIn(app.facets)),
    problems: [],
  };
}

function local(path: string): { written: string; path: string } {
  return { written: path, path };
}

/** With the secrets that it has, whatever their sources say by now: these need not even be there. */
export function withItsSecrets(app: DesiredApp, { applied }: ActualApp): DesiredApp {
  const facets = withSecrets(withoutSecrets(app.facets), secretsIn(applied?.facets));
  return { ...app, secrets: [], facets };
}
