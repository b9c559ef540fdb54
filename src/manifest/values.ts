import { DURATION_PATTERN, parseDuration } from '../lib/format.js';
import { parseIp, toPort } from '../domain/binding.js';
import type { FlakeRef } from '../domain/manifest.js';
import { type FlakeRefUse, parseFlakeRef } from './flake-ref.js';
import { listOf, parsedValue, refuse, type Refused, text } from './keys/kinds.js';
import {
  isAppName,
  NAME_PATTERN,
  NAME_RULE,
  nameHint,
  type AppName,
  type IpAddress,
  type Port,
} from '../domain/names.js';
import { show } from './text.js';
import { formatValue } from './toml.js';
import * as v from 'valibot';

export const name = text<AppName>(
  'a name',
  (written) =>
    isAppName(written) ? written : refuse(`${NAME_RULE}, got ${show(written)}`, nameHint(written)),
  { pattern: NAME_PATTERN },
);

export const names = listOf(name, 'app names such as ["db"]');

export const ipAddress = text<IpAddress>('an IP address', (written) => {
  const hint = 'a literal address, without the port: "127.0.0.1" or "::1"; host names are not looked up';
  return parseIp(written) ?? refuse(`expected an IP address, got ${show(written)}`, hint);
});

export function flakeRef(directory: string, use: FlakeRefUse) {
  return text<FlakeRef>('a flake reference', (written) => parseFlakeRef(written, directory, use));
}

const PORT = { type: 'integer', minimum: 1, maximum: 65535 } as const;

export const port = parsedValue<Port>(PORT, (value) => {
  const number = typeof value === 'number' ? toPort(value) : null;
  return (
    number ??
    refusePort(
      value,
      'only the port on the host: inside the app it is always 8080, and the address is `listen`',
    )
  );
});

/** One of the guest's own. */
export const guestPort = parsedValue<Port>(PORT, (value) => {
  const number = typeof value === 'number' ? toPort(value) : null;
  return number ?? refusePort(value);
});

export type PortRange = { readonly first: Port; readonly last: Port };

/** A port, or `"5000-5010"`. */
export const ports = parsedValue<PortRange>(
  { anyOf: [PORT, { type: 'string', pattern: '^[0-9]+-[0-9]+$' }] },
  (value) => {
    if (typeof value === 'number') {
      const number = toPort(value);
      return number ? { first: number, last: number } : refusePort(value);
    }
    const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(typeof value === 'string' ? value : '') ?? [];
    const [first, last] = [toPort(Number(from)), toPort(Number(to))];
    if (!first || !last) return refusePort(value, 'a range is written "5000-5010"');
    return first <= last
      ? { first, last }
      : refuse(`the range ${show(value)} runs backwards`, `"${to ?? ''}-${from ?? ''}"`);
  },
);

function refusePort(value: unknown, hint?: string): Refused {
  const message = `expected a port from 1 to 65535, got ${show(value)}`;
  if (typeof value !== 'string') return refuse(message);
  return refuse(message, /^\d+$/.test(value) ? `without quotes: ${value}` : hint);
}

/** Words of letters, digits and hyphens; sorted, each once. */
export const tags = v.pipe(
  listOf(
    text(
      'a word',
      (word) =>
        /^[a-z0-9][a-z0-9-]*$/i.test(word)
          ? word
          : refuse(`a tag has letters, digits and hyphens, got ${show(word)}`),
      { pattern: '^[A-Za-z0-9][A-Za-z0-9-]*$' },
    ),
    'words such as ["public"]',
  ),
  v.transform((words) => [...new Set(words)].sort()),
);

export const flag = parsedValue<boolean>({ type: 'boolean' }, (value) =>
  typeof value === 'boolean' ? value : refuse(`expected true or false, got ${show(value)}`, boolHint(value)),
);

/** A key that says which of several things is meant, and nothing else. */
export const onlyTrue = parsedValue<true>({ const: true }, (value) =>
  value === true ? value : refuse(`expected true, got ${show(value)}`),
);

function boolHint(value: unknown): string | null {
  return value === 'true' || value === 'false' ? `without quotes: ${value}` : null;
}

export function integer(minimum: number, maximum: number) {
  return parsedValue<number>({ type: 'integer', minimum, maximum }, (value) => {
    const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
    return fits
      ? Number(value)
      : refuse(`expected a number from ${minimum} to ${maximum}, got ${show(value)}`);
  });
}

const LONGEST_MS = 24 * 3_600_000;

/** In ms. */
export const duration = text<number>(
  'a duration such as "90s" or "10m"',
  (written) => {
    const ms = parseDuration(written);
    if (ms !== null && ms <= LONGEST_MS) return ms;
    const hint = ms !== null ? 'at most 24h' : /^\d+$/.test(written) ? `with a unit: "${written}s"` : null;
    return refuse(`expected a duration such as "90s", "10m" or "1h", got ${show(written)}`, hint);
  },
  { pattern: DURATION_PATTERN },
);

const argument = text<string>('a word', (written) =>
  written.includes('\0') ? refuse('an argument has no NUL') : written,
);

/** A program and its arguments, not for a shell. `example`: for the message. */
export function command(example: readonly string[]) {
  return v.pipe(
    listOf(argument, `a program and its arguments such as ${formatValue(example)}`),
    v.rawTransform<string[], readonly [string, ...string[]]>(({ dataset, addIssue, NEVER }) => {
      const [program = '', ...args] = dataset.value;
      if (program !== '') return [program, ...args];
      addIssue({ message: 'the first word is the program' });
      return NEVER;
    }),
  );
}

/** The inverse of `ports`. */
export function formatPorts({ first, last }: PortRange): number | string {
  return first === last ? first : `${first}-${last}`;
}
