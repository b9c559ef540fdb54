// The schema's rows as documentation; pure, so that tests can compare.
import type { DocumentedKey as Key, DocumentedTable as Table } from '../src/manifest/documented.js';

const WIDTH = 78;

/** The template with a table of keys for each line `<!-- keys: HEADER -->`. */
export function manifestPage(template: string, tables: readonly Table[]): string {
  return template.replace(/^<!-- keys: (.*) -->$/gm, (_, header: string) => {
    const table = tables.find((one) => one.header === (header === 'top' ? '' : header));
    if (!table) throw new Error(`the manifest has no table ${header}`);
    const head = ['key', 'meaning', 'default', 'a change interrupts'];
    const rows = table.keys.map((key) => [`\`${key.key}\``, key.meaning, oneOf(key, table), key.interrupts]);
    const alike = table.keys.every(({ interrupts }) => interrupts === table.keys[0]?.interrupts);
    if (!alike) return markdownTable([head, ...rows]);
    // What is the same in each row is said once.
    const narrow = [head, ...rows].map((cells) => cells.slice(0, -1));
    return `${markdownTable(narrow)}\n\nA change interrupts ${table.keys[0]?.interrupts ?? 'nothing'}.`;
  });
}

/** Of keys one of which must be there not all are named once more in each of their rows. */
function oneOf(key: Key, { keys }: Table): string {
  const alternatives = keys.filter((other) => other.default === key.default);
  const isChoice = alternatives.length > 2 && / or .* is required$/.test(key.default);
  return isChoice ? 'one of these is required' : key.default;
}

/** `rows`: the head first. */
function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
    .join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

const HEAD = `# Every key that a pets.toml can have, once, with its default or an example
# (made by \`npm run docs\`). Copy what you need: \`project\` and one app with its
# \`flake-ref\` are all that it takes. Keys that pets does not know are errors.
# What is commented out here cannot stand beside the rest.
`;

/** A manifest with every key once. */
export function manifestExample(tables: readonly Table[]): string {
  const values = new Set(tables.map(({ of }) => of));
  // `backup.keep` is another key than `keep`, and has a table.
  const meaningOf = new Map(
    tables.flatMap(({ of, keys }) =>
      keys.flatMap((key) => [[key.key, key] as const, [`${of ?? ''}.${key.key}`, key] as const]),
    ),
  );
  const parts = tables.map(({ header, of, keys }) => {
    const own = meaningOf.get(of ?? '');
    const head = header === '' ? [] : [`${own ? comment(own) : ''}${header}`];
    // What has a table of its own is written there, but for what [defaults] has of it.
    const hasTable = (key: string) => values.has(key) || values.has(`${of ?? ''}.${key}`);
    const here = keys.filter(({ key }) => header === '[defaults]' || !hasTable(key));
    return [...head, ...here.map(entry)].join('\n\n');
  });
  return `${[HEAD.trimEnd(), ...parts].join('\n\n')}\n`;
}

function entry(key: Key): string {
  const example = key.alternative ? key.example.replace(/^/gm, '# ') : key.example;
  return `${comment(key)}${example}`;
}

/** The meaning on the first line, then the default where the example is not it, then the rest. */
function comment(key: Key): string {
  const more = [fallback(key), key.details ?? ''].filter((text) => text !== '').join(' ');
  return [key.meaning, ...wrap(more)].map((line) => `# ${line}\n`).join('');
}

function fallback(key: Key): string {
  if (key.example === `${key.key} = ${key.default.replaceAll('`', '')}`) return '';
  if (!key.default.endsWith('required')) return `Default: ${key.default}.`;
  return `${key.default.slice(0, 1).toUpperCase()}${key.default.slice(1)}.`;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
