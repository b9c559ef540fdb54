import * as v from 'valibot';
import { formatDuration, quote } from '../../lib/format.js';
import { STORE_MODES } from '../../domain/store-mode.js';
import { DEFAULT_GRACE_MS } from '../../domain/stop-timeout.js';
import { backup } from './backup-keys.js';
import { health } from './health-keys.js';
import { choice, refuse, text } from './kinds.js';
import { key } from '../shape.js';
import { EXPOSURE, limits, NOTHING } from './tables.js';
import { update } from './update-keys.js';
import { duration, flag, flakeRef, integer, ipAddress } from '../values.js';

/** The stable release that pets is made for. */
export const DEFAULT_NIXPKGS = 'github:nixos/nixpkgs/nixos-25.11';

/** What a change of the system interrupts. */
export const SWITCH = "the app's services that changed (a switch)";

/** The keys that [defaults] takes as well as each app. */
export function sharedKeys(directory: string) {
  return {
    ...addressKeys(directory),
    ...{ ...healthKeys, ...limitKeys, ...systemKeys, ...updateKeys },
    ...backupKeys(directory),
  };
}

function addressKeys(directory: string) {
  return {
    listen: key(v.exactOptional(ipAddress), {
      meaning: 'address on the host on which the port is open',
      example: '127.0.0.1',
      default: { value: '127.0.0.1' },
      details: '"0.0.0.0" and "::" are all of them; a VPN’s address is there while the VPN is.',
      interrupts: EXPOSURE,
    }),
    nixpkgs: key(v.exactOptional(flakeRef(directory, 'nixpkgs')), {
      meaning: 'flake reference of the nixpkgs that the system is assembled with',
      example: DEFAULT_NIXPKGS,
      default: { value: DEFAULT_NIXPKGS },
      interrupts: SWITCH,
    }),
  };
}

const healthKeys = {
  health: key(v.exactOptional(health), {
    meaning: 'when it counts as healthy; `false`: nobody checks',
    example: { path: '/healthz' },
    default: 'no unit fails or is restarted for 3 seconds, and something listens where the exposures lead',
    details: 'An app’s own is taken whole in place of that of [defaults].',
    interrupts: NOTHING,
  }),
};

const limitKeys = {
  limits: key(v.exactOptional(limits), {
    meaning: 'memory and CPUs that the guest may use',
    example: { memory: '512MiB', cpu: 2 },
    default: 'none',
    details: 'An app’s own are taken key by key over those of [defaults].',
    interrupts: `${NOTHING} (applied while it runs)`,
  }),
  autostart: key(v.exactOptional(flag), {
    meaning: 'whether it is started when the host boots',
    example: true,
    default: 'as it was when the host went down',
    interrupts: NOTHING,
  }),
  timeout: key(v.exactOptional(duration), {
    meaning: 'limit for each switch and each boot: `90s`, `10m`, `1h`',
    example: '10m',
    default: 'that of `--timeout`',
    interrupts: NOTHING,
  }),
  'stop-timeout': key(v.exactOptional(duration), {
    meaning: 'how long a stop may take; then it is ended by force, which is told',
    example: '2m',
    default: { value: formatDuration(DEFAULT_GRACE_MS) },
    details:
      'Of every stop that pets asks for. The shutdown of the host has a limit of its own: `boot.host_shutdown_timeout` of Incus.',
    interrupts: NOTHING,
  }),
};

const updateKeys = {
  update: key(v.exactOptional(update), {
    meaning: 'whether `pets update --due` updates it by itself, and when; `false`: only by hand',
    example: { auto: true, schedule: 'Sun 04:00' },
    default: { value: false },
    details: 'An app’s own is taken whole in place of that of [defaults].',
    interrupts: NOTHING,
  }),
};

function backupKeys(directory: string) {
  return {
    backup: key(v.exactOptional(backup(directory)), {
      meaning: 'when its volumes are backed up by themselves, where to, and which backups stay',
      example: { schedule: 'daily', keep: { daily: 7, weekly: 4 } },
      default: { value: false },
      details: 'An app’s own is taken whole in place of that of [defaults]; `false`: only by hand.',
      interrupts: NOTHING,
    }),
  };
}

const ALIAS = '[A-Za-z0-9][A-Za-z0-9._/-]*';

const NO_DOCKER =
  'such as "nixos/25.11"; pets run NixOS, and no images of Docker: `flake-ref` says what runs';

/** Nothing is downloaded in a run: the image must be there. */
const image = text<string>(
  'the alias of an image',
  (written) => {
    const [, remote, alias] = new RegExp(`^(${ALIAS}):(${ALIAS})$`).exec(written) ?? [];
    if (remote !== undefined && alias !== undefined) {
      // `nginx:1.27` looks the same, and is nothing that Incus could copy.
      const isNixos = /^nixos(?:\/|$)/.test(alias);
      const copy = `incus image copy ${remote}:${alias} local: --alias ${alias}\nand here: image = "${alias}"`;
      const message = `expected an alias of the daemon's own image store, got ${quote(written)}`;
      return refuse(message, isNixos ? copy : NO_DOCKER);
    }
    return new RegExp(`^${ALIAS}$`).test(written)
      ? written
      : refuse(`expected the alias of an image, got ${quote(written)}`, NO_DOCKER);
  },
  { pattern: `^${ALIAS}$` },
);

const systemKeys = {
  keep: key(v.exactOptional(integer(1, 100)), {
    meaning: 'generations kept, the running one included',
    example: 5,
    default: { value: 5 },
    interrupts: NOTHING,
  }),
  activation: key(v.exactOptional(choice(['auto', 'switch', 'restart'])), {
    meaning: 'how a new system comes to run: by a switch or a restart of the container',
    example: 'auto',
    default: { value: 'auto' },
    details: '"auto" switches, and restarts where the system refuses a switch or the switch hangs.',
    interrupts: NOTHING,
  }),
  store: key(v.exactOptional(choice(STORE_MODES)), {
    meaning: 'the host’s Nix store, read-only, or a store of its own in the container',
    example: 'shared',
    default: 'shared where it works',
    details: 'A change makes the container anew: volumes are kept, its root disk is not.',
    interrupts: 'the container, which is made anew (with `--recreate` only)',
  }),
  image: key(v.exactOptional(image), {
    meaning: 'alias of the image that a store of its own begins with',
    example: 'nixos/25.11',
    default: { value: 'nixos/25.11' },
    details:
      'In the daemon’s own image store: incus image copy images:nixos/25.11 local: --alias nixos/25.11',
    interrupts: NOTHING,
  }),
};
