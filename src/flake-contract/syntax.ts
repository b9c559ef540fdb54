import { Cursor } from './cursor.js';
import type { Binding, Node, Span } from './nodes.js';
import { plainPath, tokensOf } from './tokens.js';

const OPERAND: Node = { kind: 'operand' };
const OTHER: Node = { kind: 'other' };

/** Throws NotUnderstood. */
export function parseNix(text: string): Node {
  const parser = new Parser(tokensOf(text), text.length);
  const node = parser.expression();
  parser.expectEnd();
  return node;
}

const BINARY = new Set('// ++ + - * / -> == != < > <= >= && || |> <| ?'.split(' '));
const RESERVED = new Set(['then', 'else', 'in', 'assert', 'if', 'inherit', 'let', 'with', 'rec']);

class Parser extends Cursor {
  expression(): Node {
    if (this.takes('let')) return this.#let();
    if (this.takes('with') || this.takes('assert')) {
      this.expression();
      this.expect(';');
      return this.expression();
    }
    if (this.takes('if')) {
      this.expression();
      this.expect('then');
      this.expression();
      this.expect('else');
      this.expression();
      return OTHER;
    }
    return this.#function() ?? this.#operation();
  }

  #let(): Node {
    const start = this.last().end;
    const bindings = this.#bindings('in');
    return { kind: 'let', bindings, start, end: this.last().start, body: this.expression() };
  }

  expectEnd(): void {
    if (this.peek()) throw this.surprise();
  }

  /** `x: …`, `{ a, b ? c, ... }: …`, either with `@`. */
  #function(): Node | null {
    const [first, second] = [this.peek(), this.peek(1)];
    const isNamed = first?.kind === 'name' && !RESERVED.has(first.text);
    if (isNamed && (second?.text === ':' || second?.text === '@')) {
      this.skip(2);
      const names = second.text === '@' ? this.#pattern() : [];
      if (second.text === '@') this.expect(':');
      return this.#body(names, first.text);
    }
    if (first?.text !== '{' || !this.isPattern()) return null;
    const names = this.#pattern();
    const whole = this.takes('@') ? this.name() : null;
    this.expect(':');
    return this.#body(names, whole);
  }

  #body(names: readonly string[], whole: string | null): Node {
    const { node: body, ...span } = this.#spanned();
    return { kind: 'function', names, whole, body, ...span };
  }

  /** An expression, and where it is written. */
  #spanned(): Span & { readonly node: Node } {
    const start = this.peek()?.start ?? 0;
    const node = this.expression();
    return { node, start, end: this.last().end };
  }

  #pattern(): string[] {
    const names: string[] = [];
    this.expect('{');
    while (!this.takes('}')) {
      if (!this.takes('...')) {
        names.push(this.name());
        if (this.takes('?')) this.expression();
      }
      if (!this.takes(',') && this.peek()?.text !== '}') throw this.surprise();
    }
    return names;
  }

  #operation(): Node {
    const sides: Node[] = [];
    let isUpdate = true;
    for (;;) {
      while (this.takes('!') || this.takes('-')) isUpdate = false;
      sides.push(this.#call());
      const operator = this.peek()?.text ?? '';
      if (!BINARY.has(operator)) break;
      if (operator !== '//') isUpdate = false;
      this.skip();
    }
    if (!isUpdate) return OTHER;
    return sides.length === 1 ? (sides[0] ?? OTHER) : { kind: 'update', sides };
  }

  #call(): Node {
    const start = this.position;
    const first = this.#selection();
    const to = plainPath(this.since(start));
    const args: Node[] = [];
    while (this.#beginsOperand()) args.push(this.#selection());
    return args.length === 0 ? first : { kind: 'call', to, args };
  }

  #beginsOperand(): boolean {
    const token = this.peek();
    if (!token) return false;
    if (token.kind === 'name') return token.text === 'rec' || !RESERVED.has(token.text);
    return token.kind === 'value' || ['{', '(', '[', '${'].includes(token.text);
  }

  /** An operand with what is selected from it: `a.b."c".${d} or e`. */
  #selection(): Node {
    let node = this.#operand();
    while (this.takes('.')) {
      this.#pathPart();
      node = OPERAND;
    }
    if (this.takes('or')) {
      this.#selection();
      node = OPERAND;
    }
    return node;
  }

  #operand(): Node {
    if (this.takes('(')) {
      const node = this.expression();
      this.expect(')');
      // In brackets anything can be followed by `//`.
      return node.kind === 'other' ? OPERAND : node;
    }
    if (this.takes('[')) {
      while (!this.takes(']')) this.#selection();
      return OPERAND;
    }
    if (this.takes('${')) {
      this.expression();
      this.expect('}');
      return OPERAND;
    }
    const isRecursive = this.takes('rec');
    if (isRecursive || this.peek()?.text === '{') return this.#set(isRecursive);
    const token = this.peek();
    if (!token || token.kind === 'symbol' || RESERVED.has(token.text)) throw this.surprise();
    this.skip();
    return token.kind === 'name' ? { kind: 'name', name: token.text } : OPERAND;
  }

  #set(isRecursive: boolean): Node {
    const start = this.expect('{').end;
    const bindings = this.#bindings('}');
    return { kind: 'set', isRecursive, bindings, start, end: this.last().start };
  }

  /** Up to and with the token that ends them. */
  #bindings(closing: '}' | 'in'): Binding[] {
    const bindings: Binding[] = [];
    while (!this.takes(closing)) {
      if (this.takes('inherit')) bindings.push(...this.#inherited());
      else bindings.push(this.#binding());
    }
    return bindings;
  }

  #inherited(): Binding[] {
    const { start } = this.last();
    const from = this.takes('(') ? this.#spanned() : null;
    if (from) this.expect(')');
    const source = from && { start: from.start, end: from.end };
    const names: (string | null)[] = [];
    while (this.peek()?.text !== ';') names.push(this.#pathPart());
    const { end } = this.expect(';');
    return names.map((name) => ({
      ...{ start, end, source, isInherited: true },
      path: name === null ? null : [name],
      value: name === null || from ? OPERAND : { kind: 'name', name },
    }));
  }

  #binding(): Binding {
    const start = this.peek()?.start ?? 0;
    const path: (string | null)[] = [this.#pathPart()];
    while (this.takes('.')) path.push(this.#pathPart());
    this.expect('=');
    const { node: value, ...source } = this.#spanned();
    const { end } = this.expect(';');
    const names = path.filter((name) => name !== null);
    return {
      start,
      end,
      path: names.length === path.length ? names : null,
      value,
      source,
      isInherited: false,
    };
  }

  /** A name, or a string without escapes and interpolations; null: computed. */
  #pathPart(): string | null {
    if (this.takes('${')) {
      this.expression();
      this.expect('}');
      return null;
    }
    const token = this.peek();
    const isName = token?.kind === 'name';
    if (!token || !(isName || token.text.startsWith('"'))) throw this.surprise();
    this.skip();
    if (isName) return token.text;
    return /["\\$]/.test(token.text.slice(1, -1)) ? null : token.text.slice(1, -1);
  }
}
