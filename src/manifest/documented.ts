import type * as v from 'valibot';
import { schemaOf } from './schema.js';
import { type Entries, exampleOf, isOptional, type Row, rowOf, shapeOf } from './shape.js';
import { formatValue } from './toml.js';

/** A key as documentation shows it. */
export type DocumentedKey = Omit<Row, 'example' | 'default'> & {
  readonly key: string;
  readonly required: boolean;
  /** In words, or a value as TOML in backticks. */
  readonly default: string;
  /** `key = value`, as TOML. */
  readonly example: string;
};

/** A table of the manifest. `header`: as in the example; empty at the top of the file. */
export type DocumentedTable = {
  readonly header: string;
  /** The key of the table above that this one is the value of. */
  readonly of: string | null;
  readonly keys: readonly DocumentedKey[];
};

/** Every key of the manifest, for docs/manifest.md and pets.toml.example. */
export function documentedTables(): readonly DocumentedTable[] {
  const { top, defaults, app } = schemaOf('/');
  const below = (key: keyof typeof app.entries) => keysOf(entriesOf(app.entries[key]));
  const { rehearse } = entriesOf(app.entries.update);
  const { keep } = entriesOf(app.entries.backup);
  const shared = new Set(Object.keys(defaults.entries));
  const appKeys = keysOf(app.entries).map((one) =>
    shared.has(one.key) ? { ...one, default: `\`[defaults]\`, else ${one.default}` } : one,
  );
  return [
    { header: '', of: null, keys: keysOf(top.entries) },
    { header: '[notify]', of: 'notify', keys: keysOf(entriesOf(top.entries.notify)) },
    { header: '[defaults]', of: 'defaults', keys: keysOf(defaults.entries) },
    { header: '[apps.web]', of: 'apps', keys: appKeys },
    { header: '[[apps.web.publish]]', of: 'publish', keys: below('publish') },
    { header: '[apps.web.volumes.data]', of: 'volumes', keys: below('volumes') },
    { header: '[apps.web.secrets.db]', of: 'secrets', keys: below('secrets') },
    { header: '[apps.web.health]', of: 'health', keys: below('health') },
    { header: '[apps.web.update]', of: 'update', keys: below('update') },
    ...(rehearse === undefined
      ? []
      : [{ header: '[apps.web.update.rehearse]', of: 'rehearse', keys: keysOf(entriesOf(rehearse)) }]),
    { header: '[apps.web.backup]', of: 'backup', keys: below('backup') },
    ...(keep === undefined
      ? []
      : [{ header: '[apps.web.backup.keep]', of: 'backup.keep', keys: keysOf(entriesOf(keep)) }]),
    { header: '[apps.web.limits]', of: 'limits', keys: below('limits') },
    { header: '[apps.web.incus]', of: 'incus', keys: below('incus') },
  ];
}

/** Those of the table that a key has as its value, or as one of its values. */
function entriesOf(schema: v.GenericSchema): Entries {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'table':
      return shape.entries;
    case 'list':
      return entriesOf(shape.item);
    case 'map':
      return entriesOf(shape.values);
    case 'either':
      return entriesOf(shape.long);
    case 'value':
      return {};
  }
}

function keysOf(entries: Entries): DocumentedKey[] {
  return Object.entries(entries).map(([key, entry]) => {
    const { default: fallback, ...row } = rowOf(entry);
    return {
      ...row,
      key,
      required: !isOptional(entry),
      default: typeof fallback === 'string' ? fallback : `\`${formatValue(fallback.value)}\``,
      example: exampleOf(key, entry),
    };
  });
}
