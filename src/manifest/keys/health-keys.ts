import * as v from 'valibot';
import { formatDuration } from '../../lib/format.js';
import type { Health } from '../../domain/manifest.js';
import { HEALTH_DEFAULTS } from '../../facets/health.js';
import { STABLE } from './health.js';
import { hostName, requestPath, statusCodes, unitName } from './health-values.js';
import { either, parsedValue, pathItems, refuse } from './kinds.js';
import { key } from '../shape.js';
import { NOTHING, table } from './tables.js';
import { show } from '../text.js';
import { command, duration, flag, guestPort, integer, onlyTrue } from '../values.js';

const WAYS = ['path', 'tcp', 'unit', 'command'] as const;
const ONE_OF = 'one of `path`, `tcp`, `unit` and `command`';
const WAY = '`path`, `tcp`, `unit` or `command` is required';
const EXAMPLE = 'path = "/healthz"';

/** Each a way to tell; exactly one is needed. */
const checkKeys = {
  path: key(v.exactOptional(requestPath), {
    meaning: 'answers a GET of this path, inside and through what it is exposed as',
    example: '/healthz',
    default: WAY,
    interrupts: NOTHING,
  }),
  status: key(v.exactOptional(statusCodes), {
    meaning: 'codes that are a good answer',
    example: [200, 204],
    default: { value: HEALTH_DEFAULTS.status },
    details: 'Redirects are not followed.',
    interrupts: NOTHING,
  }),
  host: key(v.exactOptional(hostName), {
    meaning: 'the `Host` of the request, for an app that answers to its own name only',
    example: 'notes.example.org',
    default: 'what is dialled: the exposure, else `127.0.0.1` with the port',
    interrupts: NOTHING,
  }),
  tcp: key(v.exactOptional(onlyTrue), {
    meaning: 'accepts connections',
    example: true,
    default: WAY,
    interrupts: NOTHING,
    alternative: true,
  }),
  port: key(v.exactOptional(guestPort), {
    meaning: 'port in the guest, of `path` and `tcp`',
    example: 9000,
    default: { value: HEALTH_DEFAULTS.port },
    interrupts: NOTHING,
  }),
  unit: key(v.exactOptional(unitName), {
    meaning: 'a unit of the guest that is active, and is not being restarted',
    example: 'web.service',
    default: WAY,
    interrupts: NOTHING,
    alternative: true,
  }),
  command: key(v.exactOptional(command(['web-check', '--all'])), {
    meaning: 'a program with its arguments that exits with 0, run in the guest as root',
    example: ['web-check', '--all'],
    default: WAY,
    details: 'Not a shell. What it prints is shown when it fails.',
    interrupts: NOTHING,
    alternative: true,
  }),
};

const patienceKeys = {
  timeout: key(v.exactOptional(duration), {
    meaning: 'how long it may take, all tries together',
    example: '90s',
    default: { value: formatDuration(HEALTH_DEFAULTS.timeoutMs) },
    interrupts: NOTHING,
  }),
  interval: key(v.exactOptional(duration), {
    meaning: 'from the begin of one try to that of the next',
    example: '2s',
    default: { value: formatDuration(HEALTH_DEFAULTS.intervalMs) },
    interrupts: NOTHING,
  }),
  successes: key(v.exactOptional(integer(1, 100)), {
    meaning: 'tries that must go well, one after the other',
    example: 3,
    default: { value: HEALTH_DEFAULTS.successes },
    interrupts: NOTHING,
  }),
};

const restartKeys = {
  restart: key(v.exactOptional(flag), {
    meaning: 'whether `pets alerts --check` restarts it when it runs and is not well',
    example: true,
    default: { value: false },
    details:
      'Three times in a day at most, ten minutes apart. Alone it goes with what holds without the key.',
    interrupts: NOTHING,
  }),
};

/** How an app is told healthy, and what becomes of one that is not. `health`: null, nobody checks. */
export type Caring = { readonly health: Health | null; readonly restart: boolean };

const keys = table({ ...checkKeys, ...patienceKeys, ...restartKeys });
type Keys = v.InferOutput<typeof keys>;

const checked = v.pipe(
  keys,
  v.rawTransform<Keys, Caring>(({ dataset: { value }, addIssue, NEVER }) => {
    for (const { at, message } of flawsOf(value))
      addIssue({ message, expected: 'key', ...(at !== undefined && { path: pathItems(value, [at]) }) });
    const restart = value.restart ?? false;
    if (isRestartAlone(value)) return { health: STABLE, restart };
    const check = checkOf(value);
    const { timeout: timeoutMs, interval: intervalMs, successes } = { ...DEFAULTS, ...value };
    return check ? { health: { check, timeoutMs, intervalMs, successes }, restart } : NEVER;
  }),
);

function isRestartAlone(value: Keys): boolean {
  return value.restart !== undefined && Object.keys(value).length === 1;
}

type Flaw = { readonly at?: string; readonly message: string };

/** What its keys must be to one another. `at`: none where it is said of the table. */
function flawsOf(value: Keys): Flaw[] {
  if (isRestartAlone(value)) return [];
  const [first, ...others] = WAYS.filter((way) => value[way] !== undefined);
  if (first === undefined) return [{ message: `exactly ${ONE_OF} is needed\n${EXAMPLE}` }];
  const message = `there is exactly one way to check; this one has \`${first}\`\ntake one of them out`;
  if (others.length > 0) return others.map((at) => ({ at, message }));
  const without = (at: 'status' | 'host' | 'port', ...ways: readonly string[]): Flaw[] =>
    value[at] === undefined || ways.includes(first)
      ? []
      : [{ at, message: `has no effect without ${ways.map((way) => `\`${way}\``).join(' or ')}` }];
  return [
    ...without('status', 'path'),
    ...without('host', 'path'),
    ...without('port', 'path', 'tcp'),
    ...impatience(value),
  ];
}

/** Successes that cannot all come in time. */
function impatience(value: Keys): Flaw[] {
  const { timeout, interval, successes } = { ...DEFAULTS, ...value };
  const at = ['timeout', 'interval', 'successes'].find((one) => Object.hasOwn(value, one));
  if (at === undefined || (successes - 1) * interval < timeout) return [];
  const [apart, limit] = [formatDuration(interval), formatDuration(timeout)];
  return [{ at, message: `${successes} tries, ${apart} apart, do not fit into ${limit}` }];
}

const DEFAULTS = {
  timeout: HEALTH_DEFAULTS.timeoutMs,
  interval: HEALTH_DEFAULTS.intervalMs,
  successes: HEALTH_DEFAULTS.successes,
};

function checkOf(keys: Keys): Health['check'] | undefined {
  const { path: asked, status = HEALTH_DEFAULTS.status, host, tcp, unit: name, command: words } = keys;
  const port = keys.port ?? HEALTH_DEFAULTS.port;
  if (asked !== undefined)
    return { kind: 'http', path: asked, status, port, ...(host !== undefined && { host }) };
  if (tcp) return { kind: 'tcp', port };
  if (name !== undefined) return { kind: 'unit', unit: name };
  return words && { kind: 'command', command: words };
}

const never = parsedValue<Caring>({ const: false }, (value) => {
  if (value === false) return { health: null, restart: false };
  const hint = value === true ? 'without the key no unit may fail; `health = false` checks nothing' : null;
  return refuse(`expected false, or a table such as { ${EXAMPLE} }, got ${show(value)}`, hint);
});

/** `false`: nobody checks. */
export const health = either(never, checked);
