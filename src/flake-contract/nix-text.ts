const KEYWORDS = new Set(['assert', 'else', 'if', 'in', 'inherit', 'let', 'or', 'rec', 'then', 'with']);

/** A string of Nix code that stands for exactly this text. */
export function text(value: string): string {
  const escaped = value
    .replace(/["\\]|\$(?=\{)/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}

/** A name in an attribute path, quoted where Nix would take it for something else. */
export function attribute(name: string): string {
  return /^[A-Za-z_][\w'-]*$/.test(name) && !KEYWORDS.has(name) ? name : text(name);
}

export function attributePath(...path: readonly string[]): string {
  return path.map(attribute).join('.');
}

/** The names in an attribute path, without their quotes. */
export function namesIn(path: string): string[] {
  return (path.match(/"(?:[^"\\]|\\.)*"|[^."]+/g) ?? []).map((name) => name.replace(/^"|"$/g, ''));
}

/** `a, b and c`; of more than so many the first. */
export function listNames(names: readonly string[], most = 4): string {
  const shown =
    names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}` : shown.join('');
}
