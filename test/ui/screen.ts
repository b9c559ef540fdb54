import { Writable } from 'node:stream';

/** A terminal as far as Ink uses one: text, colours, line erasing, cursor up. Remembers what scrolled away. */
export class Screen {
  readonly written: string[] = [];
  private readonly lines: string[] = [''];
  private row = 0;
  private column = 0;

  size: { columns: number; rows: number };

  constructor(size: { columns: number; rows: number }) {
    this.size = size;
  }

  write(text: string): void {
    this.written.push(text);
    for (const [token] of text.matchAll(/\x1b\[[0-9;?]*[A-Za-z]|\n|[^\x1b\n]+/g)) this.apply(token);
  }

  /** Every line ever shown and not erased, without blanks at the end. */
  text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  private apply(token: string): void {
    if (token === '\n') this.newline();
    else if (token.startsWith('\x1b')) this.obey(token);
    else this.print(token);
  }

  private obey(token: string): void {
    const count = Number(/\d+/.exec(token)?.[0] ?? 1);
    if (token.endsWith('A')) this.row = Math.max(this.lines.length - this.size.rows, 0, this.row - count);
    if (token.endsWith('K')) this.lines[this.row] = '';
    if (token.endsWith('G')) this.column = count - 1;
  }

  private newline(): void {
    this.row += 1;
    this.column = 0;
    if (this.row === this.lines.length) this.lines.push('');
  }

  private print(text: string): void {
    const line = (this.lines[this.row] ?? '').padEnd(this.column);
    this.lines[this.row] = line.slice(0, this.column) + text + line.slice(this.column + text.length);
    this.column += text.length;
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
