import type { Change } from '../domain/plan.js';
import { movedWords } from './facet.js';

const CAUSES_SHOWN = 3;

/** Why an operation is there, in the few words that fit behind it. `wordsFor`: of what has moved. */
export function listCauses(changes: readonly Change[], wordsFor: (change: Change) => string): string {
  const causes = [...new Set(changes.map((change) => FIXED[change.kind]?.(change) ?? wordsFor(change)))];
  const more = causes.length - CAUSES_SHOWN;
  return more > 1 ? `${causes.slice(0, CAUSES_SHOWN).join(', ')} and ${more} more` : causes.join(', ');
}

const FIXED: Readonly<Partial<Record<Change['kind'], (change: Change) => string>>> = {
  new: () => 'not there yet',
  added: ({ field }) => `${field} was added on the machine`,
};

/** `limits memory 1GiB → 2GiB`. The fields of some say enough: `volume.data`, `publish.127.0.0.1:53/udp`. */
export function plainCause(change: Change): string {
  const { facet, field } = change;
  return movedWords(field.includes('.') || field === facet ? field : `${facet} ${field}`, change);
}
