import { formatBinding, isWildcard, type Binding } from '../../domain/binding.js';
import type { KeyPath, Place } from '../../domain/problem.js';
import type { Issue, PartialApp } from '../check.js';
import { bindingOfPublish } from './publish.js';

/** What an app listens on, and the key that says so. */
export type Exposed = { readonly app: string; readonly path: KeyPath; readonly binding: Binding };

export function exposedBy({ name, path, keys }: PartialApp): Exposed[] {
  const { port, listen, publish = [] } = keys;
  const web: Exposed[] =
    port !== undefined && listen !== undefined
      ? [
          {
            app: name,
            path: [...path, 'port'],
            binding: { protocol: 'tcp', address: listen, first: port, last: port },
          },
        ]
      : [];
  const others = publish.flatMap((one, i): Exposed[] => {
    const binding = bindingOfPublish(one, listen);
    const key = one.socket === undefined ? 'port' : 'socket';
    return binding ? [{ app: name, path: [...path, 'publish', i, key], binding }] : [];
  });
  return [...web, ...others];
}

type PlaceOf = (path: KeyPath) => Place | undefined;

/** Exposures that cannot be open at the same time, each reported at the one that stands later in the file. */
export function findDuplicates(exposed: readonly Exposed[], placeOf: PlaceOf): Issue[] {
  const owners = new Owners();
  return exposed.flatMap((one) => {
    const clash = owners.claim(one);
    return clash ? [duplicate(clash, one, placeOf)] : [];
  });
}

/** Who was first on each port: for each address, and for all together, as a wildcard shares them all. */
class Owners {
  readonly #sockets = new Map<string, Exposed>();
  readonly #ports = new Map<string, Ranges>();

  /** The exposure that has some of this one's ports already, if any. */
  claim(one: Exposed): Exposed | null {
    const { binding } = one;
    if (binding.protocol === 'unix') {
      const owner = this.#sockets.get(binding.path) ?? null;
      if (!owner) this.#sockets.set(binding.path, one);
      return owner;
    }
    const { protocol, address, first, last } = binding;
    const all = this.#of(`${protocol} all`);
    const own = this.#of(isWildcard(binding) ? `${protocol} wildcard` : `${protocol} ${address}`);
    const rivals = isWildcard(binding) ? [all] : [own, this.#of(`${protocol} wildcard`)];
    const clash = rivals.map((ranges) => ranges.ownerOf(first, last)).find((owner) => owner !== null);
    all.add(first, last, one);
    own.add(first, last, one);
    return clash ?? null;
  }

  #of(key: string): Ranges {
    const ranges = this.#ports.get(key) ?? new Ranges();
    this.#ports.set(key, ranges);
    return ranges;
  }
}

type Range = { readonly first: number; readonly last: number; readonly owner: Exposed };

/** Ranges of ports that do not overlap, in order; the first to come has what it asks for. */
class Ranges {
  readonly #taken: Range[] = [];

  ownerOf(first: number, last: number): Exposed | null {
    const found = this.#taken[this.#indexOf(first)];
    return found && found.first <= last ? found.owner : null;
  }

  /** Takes what is left of it. */
  add(first: number, last: number, owner: Exposed): void {
    let from = first;
    let at = this.#indexOf(first);
    for (; from <= last; at++) {
      const next = this.#taken[at];
      const until = Math.min(last, (next?.first ?? Infinity) - 1);
      if (from <= until) this.#taken.splice(at++, 0, { first: from, last: until, owner });
      if (!next) return;
      from = next.last + 1;
    }
  }

  /** Of the first range that does not end before the port. */
  #indexOf(port: number): number {
    let [low, high] = [0, this.#taken.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#taken[middle]?.last ?? Infinity) < port) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function duplicate(a: Exposed, b: Exposed, placeOf: PlaceOf): Issue {
  const [first, later] = isBefore(placeOf(b.path), placeOf(a.path)) ? [b, a] : [a, b];
  const [taken, wanted] = [formatBinding(first.binding), formatBinding(later.binding)];
  const owner = first.app === later.app ? 'this app' : `\`${first.app}\``;
  const by = `${owner} (line ${placeOf(first.path)?.line ?? 1})`;
  const isSocket = later.binding.protocol === 'unix';
  return {
    code: 'port-taken',
    path: later.path,
    at: 'value',
    message: taken === wanted ? `${wanted} is taken by ${by}` : `${wanted} overlaps with ${taken} of ${by}`,
    hint: isSocket
      ? 'give one of them another path'
      : 'give one of them another port, or each an address of its own',
  };
}

function isBefore(a: Place | undefined, b: Place | undefined): boolean {
  if (!a || !b) return false;
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}
