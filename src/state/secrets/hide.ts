/** Shorter ones are found everywhere; hiding them would only tell what they are. */
const LEAST_HIDDEN = 4;

type Part = { readonly text: string; readonly name: string };

/** Secrets as they may turn up in what a program prints: whole, or line by line. */
export class HiddenParts {
  /** By how they begin, the longest first: one pass over a text finds all of them, however many lines they have. */
  readonly #parts = new Map<string, Part[]>();

  /** `name`: what is said in the place of the value. */
  add(name: string, value: Uint8Array): void {
    const begun = new Set<string>();
    for (const text of new Set(partsOf(value))) {
      const begin = text.slice(0, LEAST_HIDDEN);
      const parts = this.#parts.get(begin) ?? [];
      parts.push({ text, name });
      this.#parts.set(begin, parts);
      begun.add(begin);
    }
    for (const begin of begun) this.#parts.get(begin)?.sort((a, b) => b.text.length - a.text.length);
  }

  hide(text: string): string {
    let hidden = '';
    let told = 0;
    for (let at = 0; at + LEAST_HIDDEN <= text.length;) {
      const found = this.#at(text, at);
      if (!found) at++;
      else {
        hidden += `${text.slice(told, at)}[secret ${found.name}]`;
        told = at += found.text.length;
      }
    }
    return hidden + text.slice(told);
  }

  #at(text: string, at: number): Part | undefined {
    if (this.#parts.size === 0) return undefined;
    return this.#parts.get(text.slice(at, at + LEAST_HIDDEN))?.find((part) => text.startsWith(part.text, at));
  }
}

function partsOf(value: Uint8Array): string[] {
  const text = Buffer.from(value).toString();
  const parts = [text.trim(), ...text.split('\n').map((line) => line.trim())];
  return parts.filter((part) => part.length >= LEAST_HIDDEN);
}
