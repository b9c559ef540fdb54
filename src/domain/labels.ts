/** The project of what `pets deploy` made. No manifest can have this name. */
export const DEPLOYED = '_deployed';

/** The key of an instance that names the project that is about to take it over. */
export const ADOPTING = 'user.pets.adopting';

/** The key of an instance with the names of secrets that a run has touched and not recorded. */
export const TOUCHED = 'user.pets.secrets';

/** The key of an instance with the units that had failed before its last change, by name. */
export const FAILING = 'user.pets.failing';

/** Why something is held that has not failed: a person left it. */
export const BY_HAND = 'it was rolled back by hand';

const GENERATION = /^user\.pets\.generation\.([1-9]\d{0,8})$/;

/** The key of an instance under which a generation is recorded. */
export function generationKey(generation: number): string {
  return `user.pets.generation.${generation}`;
}

/** `user.pets.generation.7` → 7; null for any other key. */
export function generationIn(key: string): number | null {
  const [, generation] = GENERATION.exec(key) ?? [];
  return generation === undefined ? null : Number(generation);
}
