import type * as v from 'valibot';
import type { Json, JsonSchema } from './keys/kinds.js';
import { NAME_PATTERN } from '../domain/names.js';
import { schemaOf } from './schema.js';
import { type Entries, isOptional, rowOf, shapeOf } from './shape.js';

/** The manifest for editors: JSON Schema, draft 7, which is what the usual TOML plugins take. */
export function manifestJsonSchema(): object {
  const { top, defaults, app } = schemaOf('/');
  const { properties, ...rest } = tableJson(top.entries);
  const apps = {
    propertyNames: { pattern: NAME_PATTERN },
    additionalProperties: { ...tableJson(app.entries), oneOf: oneOf('flake-ref', 'config', 'toplevel') },
  };
  const below = (key: string, more: JsonSchema) => ({ ...(properties as Tables)[key], ...more });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pets.toml',
    ...rest,
    properties: {
      ...(properties as Tables),
      defaults: below('defaults', tableJson(defaults.entries)),
      apps: below('apps', apps),
    },
  };
}

type Tables = Readonly<Record<string, JsonSchema>>;

function oneOf(...keys: readonly string[]): Json {
  return keys.map((key) => ({ required: [key] }));
}

function tableJson(entries: Entries): JsonSchema {
  const required = Object.keys(entries).filter((key) => {
    const entry = entries[key];
    return entry && !isOptional(entry);
  });
  const properties = Object.entries(entries).map(([key, entry]) => [key, keyJson(entry)] as const);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

function keyJson(entry: v.GenericSchema): JsonSchema {
  const { meaning, details, default: fallback, example } = rowOf(entry);
  return {
    ...valueJson(entry),
    description: details === undefined ? meaning : `${meaning}\n\n${details}`,
    ...(typeof fallback !== 'string' && { default: fallback.value }),
    examples: [example],
  };
}

function valueJson(schema: v.GenericSchema): JsonSchema {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'value':
      return shape.json;
    case 'list':
      return { type: 'array', items: valueJson(shape.item) };
    case 'map':
      return { type: 'object', additionalProperties: valueJson(shape.values), ...shape.json };
    case 'either':
      return { anyOf: [valueJson(shape.short), valueJson(shape.long)] };
    case 'table':
      return tableJson(shape.entries);
  }
}
