import * as v from 'valibot';
import { mapOf, parsedValue, refuse, text } from './kinds.js';
import { localPath, mode } from './paths.js';
import { key } from '../shape.js';
import { table } from './tables.js';
import { quote } from '../../lib/format.js';
import { show } from '../text.js';
import { command, integer, onlyTrue } from '../values.js';

const RELOAD = 'the units that load it (a restart)';
export const ONE_OF = 'one of `file`, `sops`, `env`, `command` and `generate`';
const SOURCE = '`file`, `sops`, `env`, `command` or `generate` is required';
const PASS = ['pass', 'show', 'db'];
/** What systemd takes for the name of a credential, less what needs quoting. */
const NAME_PATTERN = '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$';

export function secrets(directory: string) {
  return mapOf(
    'a table of secrets: { db = { file = "./secrets/db" } }',
    secret(directory),
    (name) =>
      new RegExp(NAME_PATTERN).test(name)
        ? null
        : refuse('a secret has a name of 1 to 100 letters, digits, `_`, `-` and `.`'),
    { propertyNames: { pattern: NAME_PATTERN } },
  );
}

function secret(directory: string) {
  return table({ ...outsideKeys(directory), ...generatedKeys, ...accessKeys });
}

/** Where a value comes from that is not pets' own. */
export function outsideKeys(directory: string) {
  return {
    file: key(v.exactOptional(localPath(directory, 'a file')), {
      meaning: 'a file, taken byte for byte',
      example: './secrets/db',
      default: SOURCE,
      interrupts: RELOAD,
    }),
    sops: key(v.exactOptional(localPath(directory, 'a file of sops')), {
      meaning: 'a file that `sops` decrypts, of which `key` is taken',
      example: './secrets.yaml',
      default: SOURCE,
      interrupts: RELOAD,
      alternative: true,
    }),
    key: key(v.exactOptional(sopsKey), {
      meaning: 'where in the sops file: names, and numbers for elements of lists',
      example: 'db.password',
      default: 'required with `sops`',
      interrupts: RELOAD,
      alternative: true,
    }),
    env: key(v.exactOptional(variable), {
      meaning: 'a variable of the environment that pets runs in',
      example: 'DB_PASSWORD',
      default: SOURCE,
      interrupts: RELOAD,
      alternative: true,
    }),
    command: key(v.exactOptional(command(PASS)), {
      meaning: 'a program with its arguments; what it prints, without one final newline',
      example: PASS,
      default: SOURCE,
      details: 'Not a shell. It runs in this file’s folder, once in each run.',
      interrupts: RELOAD,
      alternative: true,
    }),
  };
}

const sopsKey = text<string>(
  'the key of a value such as "db.password"',
  (written) =>
    /^[^.\p{Cc}"\\[\]]+(\.[^.\p{Cc}"\\[\]]+)*$/u.test(written)
      ? written
      : refuse(`expected names with dots between them, got ${quote(written)}`),
  { pattern: '^[^.]+(\\.[^.]+)*$' },
);

const variable = text<string>(
  'the name of a variable',
  (written) =>
    /^[A-Za-z_][A-Za-z0-9_]*$/.test(written)
      ? written
      : refuse(`expected the name of a variable, got ${quote(written)}`, 'without `$`: "DB_PASSWORD"'),
  { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
);

const USER = '^[a-z_][a-z0-9_-]{0,30}$';
const MAX_UID = 4_294_967_294;

const owner = parsedValue<string | number>(
  {
    anyOf: [
      { type: 'string', pattern: USER },
      { type: 'integer', minimum: 0, maximum: MAX_UID },
    ],
  },
  (value) => {
    if (typeof value === 'string' && new RegExp(USER).test(value)) return value;
    if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_UID) return Number(value);
    return refuse(`expected the name of a user or a uid, got ${show(value)}`);
  },
);

const generatedKeys = {
  generate: key(v.exactOptional(onlyTrue), {
    meaning: 'made at random once, and kept in the state directory',
    example: true,
    default: SOURCE,
    interrupts: RELOAD,
    alternative: true,
  }),
  length: key(v.exactOptional(integer(8, 1024)), {
    meaning: 'letters and digits of a generated one',
    example: 64,
    default: '32',
    details: 'One that has been made stays as it is.',
    interrupts: 'nothing',
    alternative: true,
  }),
};

const accessKeys = {
  mode: key(v.exactOptional(mode), {
    meaning: "the file's permissions in the guest",
    example: '0440',
    default: { value: '0400' },
    interrupts: 'nothing',
  }),
  owner: key(v.exactOptional(owner), {
    meaning: 'the user of the guest that the file belongs to: a name or a uid',
    example: 'web',
    default: { value: 'root' },
    interrupts: 'nothing',
  }),
};
