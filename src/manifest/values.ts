import * as v from 'valibot';
import { parseIp, toPort } from '../listen.js';
import type { AppName, FlakeRef, IpAddress } from '../model.js';
import type { Problem } from '../problem.js';
import { type FlakeRefUse, parseFlakeRef } from './flake-ref.js';
import { isAppName, NAME_RULE, nameHint } from './names.js';
import { isTable, show } from './text.js';

/** The kinds of value that keys have. An issue's message is `message` or `message\nhint`. */

type Refused = { readonly problem: Problem };

/** Text that is parsed into what it stands for. */
function text<T>(what: string, parse: (written: string) => T | Refused) {
  return v.pipe(
    v.string((issue) => `expected ${what}, got ${show(issue.input)}`),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const parsed = parse(dataset.value);
      if (!isRefused(parsed)) return parsed;
      const { message, hint } = parsed.problem;
      addIssue({ message: hint === undefined ? message : `${message}\n${hint}` });
      return NEVER;
    }),
    v.title(what),
  );
}

function isRefused(parsed: unknown): parsed is Refused {
  return typeof parsed === 'object' && parsed !== null && 'problem' in parsed;
}

export const name = text<AppName>('a name', (written) => {
  if (isAppName(written)) return written;
  return { problem: { message: `${NAME_RULE}, got ${show(written)}`, hint: nameHint(written) } };
});

export const ipAddress = text<IpAddress>('an IP address', (written) => {
  const hint = 'a literal address, without the port: "127.0.0.1" or "::1"; host names are not looked up';
  return parseIp(written) ?? { problem: { message: `expected an IP address, got ${show(written)}`, hint } };
});

export function flakeRef(directory: string, use: FlakeRefUse) {
  return text<FlakeRef>('a flake reference', (written) => parseFlakeRef(written, directory, use));
}

export const port = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const value = dataset.value;
    const parsed = typeof value === 'number' ? toPort(value) : null;
    if (parsed) return parsed;
    const message = `expected a port from 1 to 65535, got ${show(value)}`;
    addIssue({ message: typeof value === 'string' ? `${message}\n${portHint(value)}` : message });
    return NEVER;
  }),
  v.title('a port'),
);

function portHint(written: string): string {
  if (/^\d+$/.test(written)) return `without quotes: ${written}`;
  return 'only the port on the host: inside the app it is always 8080, and the address is `listen`';
}

/** Words of letters, digits and hyphens; sorted, each once. */
export const tags = v.pipe(
  v.array(
    v.pipe(
      v.string((issue) => `expected a list of words, got ${show(issue.input)} in it`),
      v.regex(
        /^[a-z0-9][a-z0-9-]*$/i,
        (issue) => `a tag has letters, digits and hyphens, got ${show(issue.input)}`,
      ),
    ),
    (issue) => `expected a list of words such as ["public"], got ${show(issue.input)}`,
  ),
  v.transform((words) => [...new Set(words)].sort()),
  v.title('a list of words'),
);

export const table = v.custom<Readonly<Record<string, unknown>>>(
  isTable,
  (issue) => `expected a table, got ${show(issue.input)}`,
);
