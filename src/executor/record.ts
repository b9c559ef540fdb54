import type { Action } from '../domain/action.js';
import { parseListen } from '../domain/binding.js';
import { isOverIn } from '../domain/hold.js';
import { INCUS_PET, LABEL, generationKey, printOwner, printPetState } from '../domain/labels.js';
import type { Facet, Facets } from '../domain/facet.js';
import { parseApplied, parseFoundGood, printApplied, printGeneration } from '../domain/records.js';
import type { Incus } from '../domain/services.js';
import { listenIn } from '../facets/exposure.js';
import { flakeRefIn } from '../facets/meta.js';
import { secretsIn, withSecrets } from '../facets/secrets.js';
import { withPins } from '../facets/system.js';
import { STORE_DEVICES } from '../domain/store-mode.js';
import { desiredApp, toplevelOf, type OperationContext } from './job.js';

type Recorded = Omit<Extract<Action, { kind: 'record' }>, 'kind'>;
type Instance = Awaited<ReturnType<Incus['instance']>>;

/**
 * What `record` writes on the instance: the marks, what was applied, the generation to return to, and what incus-pet
 * would know it by. `instance`: as it stands.
 */
export function recordOf(
  job: OperationContext,
  { facets, system, health, heldSecrets }: Recorded,
  instance: Instance,
): Record<string, string> {
  const generation = system.kind === 'built' ? (job.state.generations.get(job.app) ?? 0) : system.generation;
  const toplevel = toplevelOf(job, system);
  const kept = withPins(facets, job.state.pins);
  const secrets = secretsOf(job, heldSecrets, instance);
  const applied = { v: 1, generation, toplevel, facets: withSecrets(kept, secrets) } as const;
  const listen = parseListen(listenIn(kept) ?? '');
  const key = generationKey(generation);
  return {
    ...printOwner(job.desired.project, job.app),
    ...printPetState('ready'),
    // A rename that nobody wants any more.
    [LABEL.renamingTo]: '',
    [LABEL.touchedSecrets]: '',
    [LABEL.applied]: printApplied(applied),
    [key]: printGeneration({
      toplevel,
      facets: kept,
      secrets: secrets ?? {},
      health,
      ...madeOf(instance),
      ...foundGood(job, instance.config[key]),
    }),
    // Something new is good: what was tried before does not matter any more.
    ...(system.kind === 'built' ? { [LABEL.rejected]: '' } : {}),
    ...(isOverIn(instance.config, Date.now()) ? { [LABEL.hold]: '' } : {}),
    [INCUS_PET.flakeRef]: flakeRefIn(kept) ?? '',
    // An empty value removes the key.
    [INCUS_PET.hostPort]: listen ? String(listen.port) : '',
    [INCUS_PET.listen]: listen ? listen.address : '',
  };
}

/** Their fingerprints as they were last recorded. */
function recordedSecrets(config: Instance['config']): Facet | undefined {
  return secretsIn(parseApplied(config[LABEL.applied])?.facets);
}

/** Incus' own, pets' marks, and what every pet has. */
const OTHERS = /^(?:volatile|image|user\.pets|user\.incus-pet)\.|^(?:raw\.lxc|security\.nesting)$/;

function madeOf({ config, devices, profiles }: Instance) {
  return {
    config: Object.fromEntries(Object.entries(config).filter(([name]) => !OTHERS.test(name))),
    devices: Object.fromEntries(Object.entries(devices).filter(([name]) => !STORE_DEVICES.has(name))),
    profiles,
  };
}

/** When this generation was first found good and how; where this run has not looked, as it is recorded already. */
function foundGood(
  { app, state }: OperationContext,
  before: string | undefined,
): { at: string; healthy: string | null } {
  const { at, healthy } = parseFoundGood(before);
  return { at: at ?? new Date().toISOString(), healthy: state.health.get(app) ?? healthy };
}

/** Facets of a plan, with what only the run knows: pins, and the secrets' fingerprints. */
export function asWanted(job: OperationContext, facets: Facets): Facets {
  return withSecrets(withPins(facets, job.state.pins), secretsIn(desiredApp(job).facets));
}

/** What the manifest says of secrets, but for those that are held: of these, what is recorded. */
function secretsOf(job: OperationContext, held: readonly string[], { config }: Instance): Facet | undefined {
  const secrets = secretsIn(desiredApp(job).facets);
  if (held.length === 0) return secrets;
  const kept = Object.entries(recordedSecrets(config) ?? {}).filter(([field]) => held.includes(field));
  const wanted = Object.entries(secrets ?? {}).filter(([field]) => !held.includes(field));
  return Object.fromEntries([...wanted, ...kept]);
}
