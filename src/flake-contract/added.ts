import { attributePath } from './nix-text.js';

/** A module to add to a flake's `nixosModules`. `value`: given the expression for the flake (`self`, `inputs.self`). */
export type Added = { readonly name: string; readonly value: (self: string) => string };

/** As bindings, whose names stand behind a prefix. */
export function bindingsText(added: readonly Added[], prefix: readonly string[], self: string): string[] {
  return added.map(({ name, value }) => `${attributePath(...prefix, name)} = ${value(self)};`);
}
