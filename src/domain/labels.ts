/** The project of what `pets deploy` made. No manifest can have this name. */
export const DEPLOYED = '_deployed';

/** The keys of an instance, or of a volume, in which pets keeps what it knows of it. */
export const LABEL = {
  /** The project whose pet or volume it is. */
  project: 'user.pets.project',
  /** The app that it is, or whose volume it is. */
  app: 'user.pets.app',
  /** A volume's name in the app's `volumes`. */
  volume: 'user.pets.volume',
  /** How far the last run has brought it; see `PetState`. */
  state: 'user.pets.state',
  /** A rename that was begun: the name that it is about to have. */
  renamingTo: 'user.pets.becoming',
  /** The project that is about to take it over. */
  adopting: 'user.pets.adopting',
  /** What was applied last, as JSON. */
  applied: 'user.pets.applied',
  /** What was tried and did not work, as JSON. */
  rejected: 'user.pets.condemned',
  /** That a person keeps it at the system that serves it, as JSON. */
  hold: 'user.pets.hold',
  /** When it was last updated by its schedule, and to what while that goes on, as JSON. */
  update: 'user.pets.update',
  /** When it was last backed up, by its schedule and at all, as JSON. */
  backup: 'user.pets.backup',
  /** When it was restarted by itself, as it was not well. */
  restarts: 'user.pets.restarts',
  /** Names of secrets that a run has touched and not recorded. */
  touchedSecrets: 'user.pets.secrets',
  /** Names of the units that had failed before its last change. */
  failingUnits: 'user.pets.failing',
  /** Of a twin: the app that stands still while its volumes are copied. */
  still: 'user.pets.still',
  /** Of a twin: the app in whose place it tries a system. */
  twinOf: 'user.pets.twin-of',
  /** It was made to find out what the host can do. */
  trial: 'user.pets.trial',
  /** The volume for whose restore this one was made, with nothing in it. */
  emptyFor: 'user.pets.empty-for',
} as const;

/** The keys that incus-pet knows an instance by. */
export const INCUS_PET = {
  flakeRef: 'user.incus-pet.flake-ref',
  hostPort: 'user.incus-pet.host-port',
  listen: 'user.incus-pet.listen',
} as const;

export type Labels = Readonly<Record<string, string>>;

const STATES = ['creating', 'ready', 'upgrading', 'returning', 'restoring'] as const;

/**
 * `creating`: no run has brought it up whole yet; `ready`: one has; `upgrading`: a run that has not ended, well or
 * not, had begun to change it, and its volumes may have been written to by the system that was to come; `returning`:
 * the same of a generation that a person went back to, which was good once: what it has written is kept; `restoring`:
 * such a run was giving the volumes back what they had held, and nobody knows how far it came.
 */
export type PetState = (typeof STATES)[number];

export function parsePetState(labels: Labels): PetState {
  return STATES.find((state) => state === labels[LABEL.state]) ?? 'creating';
}

export function printPetState(state: PetState): Labels {
  return { [LABEL.state]: state };
}

/** Whose it is. */
export function printOwner(project: string, app: string): Labels {
  return { [LABEL.project]: project, [LABEL.app]: app };
}

/** Names in one value: none of them has a space. */
export function parseNames(value = ''): string[] {
  return value.split(' ').filter((name) => name !== '');
}

export function printNames(names: Iterable<string>): string {
  return [...names].join(' ');
}

/** Why something is held that has not failed: a person left it. */
export const BY_HAND = 'it was rolled back by hand';

/** What the key of every recorded generation begins with. */
export const GENERATION_PREFIX = 'user.pets.generation.';

/** The key under which a generation is recorded. */
export function generationKey(generation: number): string {
  return `${GENERATION_PREFIX}${generation}`;
}

/** `user.pets.generation.7` → 7; null for any other key. */
export function generationIn(key: string): number | null {
  if (!key.startsWith(GENERATION_PREFIX)) return null;
  const number = key.slice(GENERATION_PREFIX.length);
  return /^[1-9]\d{0,8}$/.test(number) ? Number(number) : null;
}
