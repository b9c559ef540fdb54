import * as v from 'valibot';
import type { KeyPath, Problem } from '../../domain/problem.js';
import { suggest } from '../../lib/closest-match.js';
import { quote } from '../../lib/format.js';
import { isTable, show } from '../text.js';

/** What kinds of value are made of. An issue's message is `message` or `message\nhint`. */

export type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
/** A fragment of JSON Schema, draft 7. */
export type JsonSchema = { readonly [keyword: string]: Json };

export type Refused = { readonly problem: Pick<Problem, 'message' | 'hint'> };

export function refuse(message: string, hint?: string | null): Refused {
  return { problem: hint == null ? { message } : { message, hint } };
}

function isRefused(parsed: unknown): parsed is Refused {
  return typeof parsed === 'object' && parsed !== null && 'problem' in parsed;
}

/** A value that is parsed into what it stands for. `json`: what an editor can know of it. */
export function parsedValue<T>(json: JsonSchema, parse: (value: unknown) => T | Refused) {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const result = parse(dataset.value);
      if (!isRefused(result)) return result;
      addIssue({ message: wordsOf(result) });
      return NEVER;
    }),
    v.metadata({ json }),
  );
}

/** The text of an issue. */
export function wordsOf({ problem: { message, hint } }: Refused): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

/** Where an issue is, below the value that was looked at; a key that is missing is said of its table. */
export function whereIs(issue: v.BaseIssue<unknown>): { steps: KeyPath; at: 'key' | 'value' } {
  const steps = (issue.path ?? []).map(({ key }) => key as string | number);
  const isMissing = issue.type === 'object' && issue.received === 'undefined' && steps.length > 0;
  if (isMissing) return { steps: steps.slice(0, -1), at: 'key' };
  return { steps, at: issue.expected === 'key' ? 'key' : 'value' };
}

/** The path of an issue as valibot takes it. */
export function pathItems(
  input: unknown,
  [first = '', ...others]: KeyPath,
): v.RawTransformIssueInfo<unknown>['path'] {
  const item = (key: string | number) =>
    ({ type: 'unknown', origin: 'value', input, key, value: null }) as const;
  return [item(first), ...others.map(item)];
}

export function text<T>(what: string, parse: (written: string) => T | Refused, json: JsonSchema = {}) {
  return parsedValue({ type: 'string', ...json }, (value) =>
    typeof value === 'string' ? parse(value) : refuse(`expected ${what}, got ${show(value)}`),
  );
}

/** One of a few words. */
export function choice<const T extends string>(words: readonly T[]) {
  return parsedValue({ enum: words }, (value) => {
    const word = words.find((one) => one === value);
    if (word !== undefined) return word;
    const meant = typeof value === 'string' ? suggest(value, words) : null;
    const message = `expected ${words.map((one) => quote(one)).join(' or ')}, got ${show(value)}`;
    return refuse(message, meant && `did you mean ${quote(meant)}?`);
  });
}

/** `what`: what the list holds, with an example. */
export function listOf<S extends v.GenericSchema>(item: S, what: string) {
  return v.array(item, (issue) => `expected a list of ${what}, got ${show(issue.input)}`);
}

/**
 * A table whose keys are names that the manifest gives, as pairs. Not valibot's record: it passes over
 * `constructor` and `__proto__`.
 */
export function mapOf<S extends v.GenericSchema>(
  what: string,
  item: S,
  flawOf: (name: string) => Refused | null,
  json: JsonSchema = {},
) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, [name: string, value: v.InferOutput<S>][]>(({ dataset, addIssue, NEVER }) => {
      const input = dataset.value;
      if (!isTable(input)) {
        addIssue({ message: `expected ${what}, got ${show(input)}` });
        return NEVER;
      }
      return Object.entries(input).flatMap(([name, value]): [string, v.InferOutput<S>][] => {
        const flaw = flawOf(name);
        if (flaw) addIssue({ message: wordsOf(flaw), path: pathItems(input, [name]), expected: 'key' });
        const result = v.safeParse(item, value);
        if (result.success) return [[name, result.output]];
        for (const issue of result.issues) {
          const { steps, at } = whereIs(issue);
          addIssue({ message: issue.message, path: pathItems(input, [name, ...steps]), expected: at });
        }
        return [];
      });
    }),
    v.metadata({ values: item, json }),
  );
}

/** Short as one value, or at length as a table. */
export function either<A extends v.GenericSchema, B extends v.GenericSchema>(short: A, long: B) {
  return v.pipe(
    v.lazy((input): A | B => (isTable(input) ? long : short)),
    v.metadata({ either: [short, long] }),
  );
}
