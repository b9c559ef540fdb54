import { NotUnderstood, type Token } from './tokens.js';

/** Where a reader of tokens is. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #at = 0;

  /** `length`: of the text. */
  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  get position(): number {
    return this.#at;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** The token that was passed last. */
  last(): Token {
    const token = this.#tokens[this.#at - 1];
    if (!token) throw this.surprise();
    return token;
  }

  /** Those that were passed since a position. */
  since(position: number): readonly Token[] {
    return this.#tokens.slice(position, this.#at);
  }

  skip(count = 1): void {
    this.#at += count;
  }

  takes(text: string): boolean {
    if (this.peek()?.text !== text) return false;
    this.#at++;
    return true;
  }

  expect(text: string): Token {
    if (!this.takes(text)) throw this.surprise();
    return this.last();
  }

  name(): string {
    if (this.peek()?.kind !== 'name') throw this.surprise();
    this.#at++;
    return this.last().text;
  }

  /** Whether the brace here opens the argument of a function. */
  isPattern(): boolean {
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

  surprise(): NotUnderstood {
    const token = this.peek();
    const what = token ? `\`${token.text.slice(0, 40)}\`` : 'the end of the file';
    return new NotUnderstood(`${what} where something else was expected`, token?.start ?? this.#length);
  }
}
