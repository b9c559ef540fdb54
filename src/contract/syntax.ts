import { Cursor } from './cursor.js';
import type { Binding, Node } from './nodes.js';
import { tokensOf, type Token } from './tokens.js';

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
    if (this.takes('let')) {
      this.#bindings('in');
      return this.expression();
    }
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
      return { kind: 'function', names, whole: first.text, body: this.expression() };
    }
    if (first?.text !== '{' || !this.#isPattern()) return null;
    const names = this.#pattern();
    const whole = this.takes('@') ? this.name() : null;
    this.expect(':');
    return { kind: 'function', names, whole, body: this.expression() };
  }

  /** Whether the brace here opens the argument of a function. */
  #isPattern(): boolean {
    let depth = 0;
    for (let ahead = 0; ; ahead++) {
      const token = this.peek(ahead);
      if (!token) return false;
      if (token.text === '{' || token.text === '${') depth++;
      if (token.text === '}' && --depth === 0) {
        const next = this.peek(ahead + 1)?.text;
        return next === ':' || next === '@';
      }
    }
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
      node = OTHER;
    }
    if (this.takes('or')) {
      this.#selection();
      node = OTHER;
    }
    return node;
  }

  #operand(): Node {
    if (this.takes('(')) {
      const node = this.expression();
      this.expect(')');
      return node;
    }
    if (this.takes('[')) {
      while (!this.takes(']')) this.#selection();
      return OTHER;
    }
    if (this.takes('${')) {
      this.expression();
      this.expect('}');
      return OTHER;
    }
    const isRecursive = this.takes('rec');
    if (isRecursive || this.peek()?.text === '{') return this.#set();
    const token = this.peek();
    if (!token || token.kind === 'symbol' || RESERVED.has(token.text)) throw this.surprise();
    this.skip();
    return OTHER;
  }

  #set(): Node {
    const start = this.expect('{').end;
    const bindings = this.#bindings('}');
    return { kind: 'set', bindings, start, end: this.last().start };
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
    if (this.takes('(')) {
      this.expression();
      this.expect(')');
    }
    const paths: (string[] | null)[] = [];
    while (this.peek()?.text !== ';') {
      const name = this.#pathPart();
      paths.push(name === null ? null : [name]);
    }
    const { end } = this.expect(';');
    return paths.map((path) => ({ start, end, path, value: OTHER }));
  }

  #binding(): Binding {
    const start = this.peek()?.start ?? 0;
    const path: (string | null)[] = [this.#pathPart()];
    while (this.takes('.')) path.push(this.#pathPart());
    this.expect('=');
    const value = this.expression();
    const { end } = this.expect(';');
    const names = path.filter((name) => name !== null);
    return { start, end, path: names.length === path.length ? names : null, value };
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

/** `a.b.c`; null where it is anything else. */
function plainPath(tokens: readonly Token[]): string[] | null {
  const isPlain = tokens.every(({ kind, text }, i) => (i % 2 === 0 ? kind === 'name' : text === '.'));
  return isPlain ? tokens.filter(({ kind }) => kind === 'name').map(({ text }) => text) : null;
}
