import { Writable } from 'node:stream';

/**
 * A terminal as far as pets and Ink use one: text, line erasing, cursor up, a second screen. Remembers what scrolled
 * away, breaks what is too long for it, and what it shows when it gets narrower (but for the second screen).
 */
export class Screen {
  readonly written: string[] = [];
  private lines: string[] = [''];
  private row = 0;
  private column = 0;
  /** Of the first screen, while the second one is shown. */
  private behind: readonly string[] | null = null;

  size: { columns: number; rows: number };

  constructor(size: { columns: number; rows: number }) {
    this.size = size;
  }

  write(text: string): void {
    this.written.push(text);
    for (const [token] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|[\n\r]|[^\x1b\n\r]+/g)) this.apply(token);
  }

  /** Every line ever shown and not erased, without blanks at the end. */
  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  resize(columns: number, rows = this.size.rows): void {
    this.size = { columns, rows };
    const cut = (line: string) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [''];
    if (this.behind !== null) {
      this.behind = this.behind.flatMap(cut);
      this.lines = this.lines.slice(0, rows).map((line) => line.slice(0, columns));
      this.row = Math.min(this.row, this.lines.length - 1);
    } else {
      this.row = this.lines.slice(0, this.row).flatMap(cut).length;
      this.lines = this.lines.flatMap(cut);
    }
  }

  private apply(token: string): void {
    if (token === '\n') this.newline();
    else if (token === '\r') this.column = 0;
    else if (token.startsWith('\x1b')) this.obey(token);
    else this.print(token);
  }

  private obey(token: string): void {
    const count = Number(/\d+/.exec(token)?.[0] ?? 1);
    if (token.endsWith('A')) this.row = Math.max(this.top(), this.row - count);
    if (token.endsWith('K')) this.lines[this.row] = '';
    if (token.endsWith('G')) this.column = count - 1;
    if (token.endsWith('H')) [this.row, this.column] = [this.top(), 0];
    if (token.endsWith('J')) this.lines = [...this.lines.slice(0, this.row), ''];
    if (token === '\x1b[?1049h') [this.behind, this.lines, this.row] = [this.lines, [''], 0];
    if (token === '\x1b[?1049l' && this.behind !== null) {
      [this.lines, this.row, this.behind] = [[...this.behind], this.behind.length - 1, null];
      this.column = this.lines[this.row]?.length ?? 0;
    }
  }

  private top(): number {
    return Math.max(this.lines.length - this.size.rows, 0);
  }

  private newline(): void {
    this.row += 1;
    this.column = 0;
    if (this.row === this.lines.length) this.lines.push('');
  }

  private print(text: string): void {
    for (const char of text) {
      if (this.column >= this.size.columns) this.newline();
      const line = (this.lines[this.row] ?? '').padEnd(this.column);
      this.lines[this.row] = line.slice(0, this.column) + char + line.slice(this.column + 1);
      this.column += 1;
    }
  }
}

/** `process.stderr` with another sink and size: everything Ink may ask of a stream is there. */
export function fakeTerminal(screen: Screen): NodeJS.WriteStream {
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      screen.write(chunk);
      done();
    },
  });
  return new Proxy(process.stderr, {
    get(_, key): unknown {
      if (key === 'isTTY') return true;
      if (key === 'columns' || key === 'rows') return screen.size[key];
      const value: unknown = Reflect.get(sink, key, sink);
      return typeof value === 'function' ? (value.bind(sink) as unknown) : value;
    },
  });
}
