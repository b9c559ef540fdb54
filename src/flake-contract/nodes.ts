/** Where something is written, by the text's characters; `end`: behind it. */
export type Span = { readonly start: number; readonly end: number };

/** Nix code, as far as one must know it to find an attribute set in it. */
export type Node =
  /** `start`: behind its opening brace; `end`: at the closing one. */
  | (Span & {
      readonly kind: 'set';
      readonly isRecursive: boolean;
      readonly bindings: readonly Binding[];
    })
  /** `start`: behind `let`; `end`: at `in`. */
  | (Span & { readonly kind: 'let'; readonly bindings: readonly Binding[]; readonly body: Node })
  /** The names that its argument gives, and that of the whole argument. `start`: of its body. */
  | (Span & {
      readonly kind: 'function';
      readonly names: readonly string[];
      readonly whole: string | null;
      readonly body: Node;
    })
  /** `a // b // c`. */
  | { readonly kind: 'update'; readonly sides: readonly Node[] }
  /** `to`: `flake-parts.lib.mkFlake`; null where it is no plain name. */
  | { readonly kind: 'call'; readonly to: readonly string[] | null; readonly args: readonly Node[] }
  | { readonly kind: 'name'; readonly name: string }
  /** Nothing that is looked into, and what `//` can follow. */
  | { readonly kind: 'operand' }
  | { readonly kind: 'other' };

export type SetNode = Extract<Node, { kind: 'set' }>;
export type LetNode = Extract<Node, { kind: 'let' }>;
export type FunctionNode = Extract<Node, { kind: 'function' }>;

/** From the first character of the path to behind the semicolon. `inherit a b;` is two bindings in one place. */
export type Binding = Span & {
  /** Null where a name in it is computed. */
  readonly path: readonly string[] | null;
  /** What is inherited from a set is nothing that is looked into. */
  readonly value: Node;
  readonly isInherited: boolean;
  /** Where the value is written; of what is inherited, the set that it is taken from (null: it is in scope). */
  readonly source: Span | null;
};
