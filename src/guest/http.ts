import { urlOf } from '../domain/binding.js';
import type { Listen } from '../domain/binding.js';

/** What is asked, byte for byte, wherever it is asked. */
export function requestFor(path: string, host: string): string {
  const headers = [`Host: ${host}`, 'User-Agent: pets', 'Accept: */*', 'Connection: close'];
  return [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n');
}

/** As a client names whom it dials: the port only where it is not HTTP's own. */
export function hostOf(listen: Listen): string {
  return new URL(urlOf(listen)).host;
}

/** What came back. `first`: the first line of the last head, those of interim answers (103) left out. */
export type Exchange = {
  /** `read`: as much as tells. `closed`: by who was asked; `long`: of all that was read, that was not told. */
  readonly end: 'read' | 'closed' | 'late' | 'long';
  readonly first: string;
};

/** Of all heads together: nobody has that much to say before an answer. */
export const MOST_BYTES = 32_768;
/** The first line of an answer that another one follows. For bash too. */
export const INTERIM = '^HTTP/[0-9](\\.[0-9])? 1[0-9][0-9]( |$)';
const STATUS = /^HTTP\/\d(?:\.\d)? (\d{3})(?: |$)/;

/** The status code; or why there is none. */
export function codeIn({ end, first }: Exchange): number | Codeless {
  if (end === 'late') return 'late';
  if (first !== '' && !first.startsWith('HTTP/')) return 'other';
  const code = STATUS.exec(first)?.[1];
  if (end === 'closed') return code === undefined || isInterim(first) ? 'closed' : Number(code);
  if (end !== 'read') return end;
  return code === undefined ? 'other' : Number(code);
}

/** `other`: it is not in HTTP. */
export type Codeless = Exclude<Exchange['end'], 'read'> | 'other';

function isInterim(first: string): boolean {
  return new RegExp(INTERIM).test(first);
}

/** The heads of an answer as it comes, in lines that end with LF or CRLF. `fetch` of the shell does the same. */
export class Heads {
  #first: string | null = null;
  #line = '';
  #bytes = 0;
  #isRead = false;

  /** `text`: a character a byte. Whether nothing more is needed. */
  add(text: string): boolean {
    const [next = '', ...others] = text.slice(0, MOST_BYTES - this.#bytes).split('\n');
    const lines = [this.#line + next, ...others];
    this.#line = lines.pop() ?? '';
    this.#bytes += text.length;
    for (const line of lines) if (!this.#isRead) this.#take(line.replace(/\r$/, ''));
    return this.#isRead || this.#isFull();
  }

  #take(line: string): void {
    this.#first ??= line;
    if (this.#first.startsWith('HTTP/') && line !== '') return;
    this.#isRead = !isInterim(this.#first);
    if (!this.#isRead) this.#first = null;
  }

  #isFull(): boolean {
    return this.#bytes >= MOST_BYTES;
  }

  /** `end`: why nothing more comes, where it is not that enough has come. */
  exchange(end: 'closed' | 'late'): Exchange {
    const first = this.#first ?? this.#line;
    return { end: this.#isRead ? 'read' : this.#isFull() ? 'long' : end, first };
  }
}
