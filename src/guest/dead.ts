import { isAlive, isDead, isOwn, type Unit } from './units.js';

/**
 * The units that nobody starts again and that what is asked about cannot do without: the one that it is known to be
 * about, what that needs, or the one that bears the app's name; or any, where nothing of the app's own is left that
 * could still bring it about. Pure.
 */
export function deadAmong(
  units: readonly Unit[],
  about: ReadonlySet<string>,
  baseline: ReadonlySet<string>,
): Unit[] {
  const own = units.filter((unit) => isOwn(unit) && !baseline.has(unit.id));
  const dead = unique(own.filter(isDead));
  if (!own.some(isAlive)) return dead;
  const needed = units.filter(({ id }) => about.has(id)).flatMap(({ needs }) => needs);
  return dead.filter(({ id }) => about.has(id) || needed.includes(id));
}

/** What was asked for by name is there once more among all. */
function unique(units: readonly Unit[]): Unit[] {
  return [...new Map(units.map((unit) => [unit.id, unit])).values()];
}

/** `web.service is dead for good (exit-code, after 4 restarts)` */
export function deathOf({ id, result, restarts }: Unit): string {
  const after = restarts === 0 ? '' : `, after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  return `${id} is dead for good (${result || 'failed'}${after})`;
}
