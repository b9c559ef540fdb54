import type { Binding, FunctionNode } from './nodes.js';
import { parseNix } from './syntax.js';

/** A flake whose `outputs` are not written in its flake.nix as a function. */
export class Unfit extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Unfit';
  }
}

/** The binding of `outputs` in a flake.nix. Throws NotUnderstood, Unfit. */
export function outputsOf(text: string): Binding {
  const flake = parseNix(text);
  if (flake.kind !== 'set') throw new Unfit('flake.nix is no plain attribute set');
  const outputs = flake.bindings.find(({ path }) => path?.[0] === 'outputs');
  if (outputs?.path?.length === 1 && !outputs.isInherited) return outputs;
  throw new Unfit('there is no plain `outputs = …` in it');
}

export function functionOf({ value }: Binding): FunctionNode {
  if (value.kind === 'function') return value;
  throw new Unfit('its `outputs` are not a function that is written there');
}
