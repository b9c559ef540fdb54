import { expect } from '@jest/globals';
import { DATA } from './ledger.js';
import { sleep, type Story } from './rig.js';

/** What the ledger does before it serves, so that it takes rows: whoever gets an answer may count on theirs. */
export const TAKES_ROWS = 'mkdir -p cgi-bin; cp -f ${./add.sh} cgi-bin/add; chmod 755 cgi-bin/add';
const ADD = `#!/bin/sh
echo "row $QUERY_STRING" >> ${DATA}/index.html
printf 'Content-Type: text/plain\\r\\n\\r\\nkept\\n'
`;

/** To be written beside the ledger's flake. */
export function writeAdd(story: Story): void {
  story.write('ledger/add.sh', ADD);
}

const EVERY_MS = 100;
/** A request that takes as long as this was not answered. */
const PATIENCE_MS = 10_000;

/** Adds one row after the other to a ledger, and knows which of them it has been told are kept. */
export class Writer {
  /** The first is the ledger's own. */
  #kept: readonly number[] = [1];
  #next = 2;
  #ends = true;
  #writing: Promise<void> = Promise.resolve();

  get kept(): readonly number[] {
    return this.#kept;
  }

  /** `ports`: it serves on one of them. */
  begin(ports: readonly number[]): void {
    this.#ends = false;
    this.#writing = this.#write(ports);
  }

  async end(): Promise<void> {
    this.#ends = true;
    await this.#writing;
  }

  /** One, which must be kept. */
  async add(port: number): Promise<void> {
    if (!(await this.#add(port))) throw new Error(`port ${port} takes no row`);
  }

  /**
   * What was told to be kept is there, in its order and once; of the others each may be there. `former`: what may be
   * there instead, all of it and nothing else.
   */
  check(body: string, former: readonly number[] | null): void {
    const rows = body.split('\n').map((line) => Number(/^row (\d+)$/.exec(line)?.[1]));
    const [kept, isFormer] = [this.#kept, former !== null && rows.join() === former.join()];
    // What is lost is told once.
    this.#kept = rows;
    if (!isFormer) expect(rows.filter((row) => kept.includes(row))).toEqual(kept);
    expect(rows.filter((row, n) => Number.isNaN(row) || rows.indexOf(row) !== n)).toEqual([]);
  }

  async #write(ports: readonly number[]): Promise<void> {
    for (let n = 0; !this.#ends;) {
      if (!(await this.#add(ports[n % ports.length] ?? 0))) n++;
      await sleep(EVERY_MS);
    }
  }

  /** What was not answered may have been kept: its number is not given to another. */
  async #add(port: number): Promise<boolean> {
    const row = this.#next++;
    const url = `http://127.0.0.1:${port}/cgi-bin/add?${row}`;
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (reply.status !== 200 || (await reply.text()) !== 'kept\n') return false;
    } catch {
      return false;
    }
    this.#kept = [...this.#kept, row];
    return true;
  }
}
