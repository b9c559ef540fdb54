import * as v from 'valibot';
import { choice, either, listOf, mapOf, refuse } from './kinds.js';
import { passthrough } from './passthrough.js';
import { guestPath, mode, socketPath } from './paths.js';
import { type Entries, exampleOf, key } from '../shape.js';
import { cpu, memory, size } from './sizes.js';
import { isTable, show } from '../text.js';
import { flag, ipAddress, ports } from '../values.js';

/** The tables below an app's. */

export const EXPOSURE = 'that exposure, for a moment';
export const RESTART = 'the container (a restart)';
export const NOTHING = 'nothing';

export function publish(directory: string) {
  const entry = table({
    port: key(v.exactOptional(ports), {
      meaning: 'port on the host, or a range of them',
      example: '5000-5010',
      default: 'this or `socket`',
      interrupts: EXPOSURE,
    }),
    to: key(v.exactOptional(ports), {
      meaning: 'port in the app: one for all, or as many as there are on the host',
      example: '5000-5010',
      default: 'the same as `port`; for a socket 8080',
      interrupts: EXPOSURE,
    }),
    protocol: key(v.exactOptional(choice(['tcp', 'udp'])), {
      meaning: 'tcp or udp',
      example: 'udp',
      default: { value: 'tcp' },
      interrupts: EXPOSURE,
    }),
    listen: key(v.exactOptional(ipAddress), {
      meaning: 'address on the host',
      example: '127.0.0.1',
      default: "the app's `listen`",
      interrupts: EXPOSURE,
    }),
    socket: key(v.exactOptional(socketPath(directory)), {
      meaning: 'path of a unix socket on the host, in place of a port; tcp in the app',
      example: '/run/web.sock',
      default: 'this or `port`',
      details: 'Its folder must be there. Relative ones start at this file’s folder.',
      interrupts: EXPOSURE,
      alternative: true,
    }),
    mode: key(v.exactOptional(mode), {
      meaning: "the socket's permissions",
      example: '0666',
      default: "Incus' own, 0644: only root may connect",
      details: 'The file belongs to root: `0666` lets everybody on the host connect.',
      interrupts: EXPOSURE,
      alternative: true,
    }),
  });
  return listOf(entry, 'tables, each under [[apps.<name>.publish]]');
}

const volume = table({
  path: key(guestPath, {
    meaning: 'where it is mounted in the guest',
    example: '/var/lib/web',
    default: 'required',
    interrupts: RESTART,
  }),
  size: key(v.exactOptional(size), {
    meaning: 'its quota, where the storage pool can keep one: `10GiB`, `500MB`',
    example: '10GiB',
    default: 'none',
    interrupts: NOTHING,
  }),
});

const VOLUME_PATTERN = '^[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$';

export const volumes = mapOf(
  'a table of volumes: { data = "/var/lib/web" }',
  either(guestPath, volume),
  (name) =>
    new RegExp(VOLUME_PATTERN).test(name)
      ? null
      : refuse('a volume has a name of 1 to 40 letters, digits and hyphens, with no hyphen at either end'),
  { propertyNames: { pattern: VOLUME_PATTERN } },
);

export const limits = table({
  memory: key(v.exactOptional(memory), {
    meaning: "memory of the guest: `512MiB`, or a share of the host's",
    example: '512MiB',
    default: 'none',
    interrupts: NOTHING,
  }),
  cpu: key(v.exactOptional(cpu), {
    meaning: 'CPUs: how many (`2`), which ones (`"0-3,5"`), or a share of them all (`"50%"`)',
    example: 2,
    default: 'none',
    interrupts: NOTHING,
  }),
});

export const incus = table({
  config: key(v.exactOptional(passthrough.config), {
    meaning: 'config keys of the instance',
    example: { 'limits.processes': 500 },
    default: 'none',
    details: 'Numbers and booleans become text. What pets sets itself is refused.',
    interrupts: `${NOTHING} where Incus applies the key to a running container, else ${RESTART}`,
  }),
  devices: key(v.exactOptional(passthrough.devices), {
    meaning: 'devices of the instance, each with its `type`',
    example: { render: { type: 'gpu' } },
    default: 'none',
    interrupts: `${NOTHING} (plugged while it runs)`,
  }),
  profiles: key(v.exactOptional(passthrough.profiles), {
    meaning: "Incus profiles, in place of Incus' own choice",
    example: ['default'],
    default: '`["default"]`, by Incus',
    interrupts: RESTART,
  }),
  trusted: key(v.exactOptional(flag), {
    meaning: 'whether config keys, devices and binds of the app may reach the host itself',
    example: true,
    default: { value: false },
    interrupts: NOTHING,
  }),
});

export function table<const E extends v.ObjectEntries>(entries: E) {
  // On its own valibot's object takes lists as well.
  const isNone = (issue: v.BaseIssue<unknown>) => `expected a table, got ${show(issue.input)}`;
  const object = v.object(entries, (issue) => {
    const missing = /^"(.*)"$/.exec(issue.expected)?.[1] ?? '';
    const entry = (entries as Entries)[missing];
    return entry ? `\`${missing}\` is missing\n${exampleOf(missing, entry)}` : isNone(issue);
  });
  return v.pipe(v.custom<v.InferInput<typeof object>>(isTable, isNone), object, v.metadata({ entries }));
}
