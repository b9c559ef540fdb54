import type { Facts } from '../domain/contract.js';
import { contractItems } from './items.js';

/**
 * What `pets check` calls wrong of a module that evaluates, a line each. What is only missing keeps nothing from
 * working. `isExposed`: something leads to port 8080 of the guest; else the app may listen where it likes.
 */
export function mistakesIn(facts: Facts, isExposed: boolean): string[] {
  const items = contractItems({ facts, problem: null, unseen: {}, attribute: '', platform: '' });
  return items
    .filter(({ name, status }) => status === 'wrong' && (isExposed || !/\.(host|port)$/.test(name)))
    .map(({ name, found, write }) => `${name}: ${found ?? ''}${write === null ? '' : `; write ${write}`}`);
}
