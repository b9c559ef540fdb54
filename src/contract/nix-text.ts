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
