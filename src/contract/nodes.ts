/** Nix code, as far as one must know it to find an attribute set in it. */
export type Node =
  /** `start`: behind its opening brace; `end`: at the closing one. */
  | {
      readonly kind: 'set';
      readonly bindings: readonly Binding[];
      readonly start: number;
      readonly end: number;
    }
  /** The names that its argument gives, and that of the whole argument. */
  | {
      readonly kind: 'function';
      readonly names: readonly string[];
      readonly whole: string | null;
      readonly body: Node;
    }
  /** `a // b // c`. */
  | { readonly kind: 'update'; readonly sides: readonly Node[] }
  /** `to`: `flake-parts.lib.mkFlake`; null where it is no plain name. */
  | { readonly kind: 'call'; readonly to: readonly string[] | null; readonly args: readonly Node[] }
  | { readonly kind: 'other' };

/**
 * From the first character of the path to behind the semicolon. `inherited`: `inherit a b;`, whose names are paths.
 * `path`: null where a name in it is computed.
 */
export type Binding = {
  readonly start: number;
  readonly end: number;
  readonly path: readonly string[] | null;
  readonly value: Node;
};
