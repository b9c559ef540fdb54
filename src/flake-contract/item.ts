import type { ContractItem } from '../domain/contract.js';
import type { Problem } from '../domain/problem.js';

export function ok(name: string, found: string | null = null): ContractItem {
  return { name, status: 'ok', found, write: null };
}

export function missing(name: string, write: string | null, found: string | null = null): ContractItem {
  return { name, status: 'missing', found, write };
}

export function wrong(name: string, found: string, write: string | null): ContractItem {
  return { name, status: 'wrong', found, write };
}

/** What does not evaluate, in Nix' words. */
export function brokenItem(name: string, { message, hint }: Problem): ContractItem {
  return wrong(name, hint === undefined ? message : `${message} (${hint})`, null);
}

export function unknownItem(name: string, needs: string, why = 'is missing'): ContractItem {
  return { name, status: 'unknown', found: `${needs} ${why}`, write: null };
}
