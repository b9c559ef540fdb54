import * as v from 'valibot';
import type { Json, JsonSchema } from './keys/kinds.js';
import { leavesOf, formatKey } from '../domain/nix-value.js';
import { formatValue } from './toml.js';

/** What is said of a key, wherever it is said: in hints, in docs/manifest.md, in pets.toml.example, in an editor. */
export type Row = {
  /** One line. */
  readonly meaning: string;
  readonly example: Json;
  /** The value that it has when it is not written; in words where there is none such. */
  readonly default: { readonly value: Json } | string;
  readonly details?: string;
  /** What a change of it interrupts. */
  readonly interrupts: string;
  /** Cannot stand beside what else the example has. */
  readonly alternative?: true;
};

/** A key of a table. */
export function key<S extends v.GenericSchema>(schema: S, row: Row) {
  return v.pipe(schema, v.description(row.meaning), v.metadata({ row }));
}

export function rowOf(schema: v.GenericSchema): Row {
  return v.getMetadata(schema)['row'] as Row;
}

/** `nixpkgs = "github:nixos/nixpkgs/nixos-25.11"`; a table a line for each leaf. */
export function exampleOf(name: string, schema: v.GenericSchema): string {
  const leaves = leavesOf({ [name]: rowOf(schema).example });
  return leaves.map(([path, value]) => `${path.map(formatKey).join('.')} = ${formatValue(value)}`).join('\n');
}

export type Entries = Readonly<Record<string, v.GenericSchema>>;

/** What a schema is made of, for those who walk over it. */
export type Shape =
  | { readonly kind: 'table'; readonly entries: Entries }
  | { readonly kind: 'list'; readonly item: v.GenericSchema }
  | { readonly kind: 'map'; readonly values: v.GenericSchema; readonly json: JsonSchema }
  | { readonly kind: 'either'; readonly short: v.GenericSchema; readonly long: v.GenericSchema }
  | { readonly kind: 'value'; readonly json: JsonSchema };

export function shapeOf(schema: v.GenericSchema): Shape {
  const { wrapped, item } = schema as Partial<Record<'wrapped' | 'item', v.GenericSchema>>;
  if (wrapped) return shapeOf(wrapped);
  if (item) return { kind: 'list', item };
  const {
    entries,
    values,
    either,
    json = {},
  } = v.getMetadata(schema) as Partial<{
    entries: Entries;
    values: v.GenericSchema;
    either: readonly [v.GenericSchema, v.GenericSchema];
    json: JsonSchema;
  }>;
  if (entries) return { kind: 'table', entries };
  if (values) return { kind: 'map', values, json };
  if (either) return { kind: 'either', short: either[0], long: either[1] };
  return { kind: 'value', json };
}

/** Whether a table can do without the key. */
export function isOptional(schema: v.GenericSchema): boolean {
  return schema.type === 'exact_optional' || schema.type === 'optional';
}
