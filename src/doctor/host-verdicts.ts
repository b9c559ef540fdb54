import { shortageIn, spaceWords } from '../domain/disk-space.js';
import { failed, type Finding, ok, unknown, warning } from '../domain/finding.js';
import type { Amount } from '../lib/free-space.js';
import { OLDEST } from './supported.js';
import { isAtLeast } from './version.js';

/** Null: not told. */
export type SpaceFacts = {
  readonly what: string;
  readonly bytes: Amount | null;
  readonly inodes: Amount | null;
  readonly fix: string;
};

const TOO_LITTLE = 2 ** 30;

export function space({ what, bytes, inodes, fix }: SpaceFacts): Finding {
  if (bytes === null) return unknown(`${what}: what is free there`);
  const found = { bytes, inodes };
  if (bytes.free < TOO_LITTLE) return failed(`${what} has ${spaceWords(found)}`, fix);
  const shortage = shortageIn(found);
  return shortage === null ? ok(`${what} has ${spaceWords(found)}`) : warning(`${what} has ${shortage}`, fix);
}

/** `obstacle`: why `nearest`, the folder itself or what is there above it, cannot be written in; an errno. */
export type FolderFacts = {
  readonly path: string;
  readonly nearest: string;
  readonly obstacle: string | null;
};

export function profiles(facts: FolderFacts): Finding {
  if (!facts.nearest.startsWith('/nix/var/nix/profiles'))
    return unknown('there is no /nix/var/nix/profiles: Nix has not been set up here');
  return writable(facts, 'systems are kept', `install -d -m 2775 -g incus-admin ${facts.path}`);
}

export function state(facts: FolderFacts): Finding {
  const fix = `install -d -m 700 -o "$USER" ${facts.path}, as root, or set PETS_STATE_DIR`;
  return writable(facts, 'runs are recorded', fix);
}

function writable({ path, nearest, obstacle }: FolderFacts, what: string, fix: string): Finding {
  const made = path === nearest ? '' : ', which will be made';
  if (obstacle === null) return ok(`${what} in ${path}${made}`);
  return failed(`${nearest} cannot be written in (${obstacle}); ${what} in ${path}`, fix);
}

export type NodeFacts = { readonly version: string };

export function node({ version }: NodeFacts): Finding {
  if (isAtLeast(version, OLDEST.node)) return ok(`version ${version}`);
  return failed(`version ${version}; pets needs ${OLDEST.node} or newer`, 'install a newer Node');
}

/** Milliseconds since the epoch. `newest`: when something here was last written. Null: nobody can tell. */
export type ClockFacts = {
  readonly now: number;
  readonly newest: number;
  readonly isSynchronized: boolean | null;
};

/** No pets is older. */
const EARLIEST = Date.UTC(2025, 0, 1);
const TOLERANCE_MS = 120_000;
const SET_CLOCK = 'timedatectl set-ntp true';

export function clock({ now, newest, isSynchronized }: ClockFacts): Finding {
  const words = `it is ${new Date(now).toISOString().slice(0, 16)}Z`;
  if (now < EARLIEST) return failed(`${words} by the clock, which cannot be`, SET_CLOCK);
  if (newest > now + TOLERANCE_MS) {
    const written = new Date(newest).toISOString().slice(0, 16);
    return warning(
      `${words}, and something here was written at ${written}Z: the clock has gone back`,
      SET_CLOCK,
    );
  }
  if (isSynchronized === false) return warning(`${words}; the clock is not kept in time`, SET_CLOCK);
  return ok(isSynchronized ? `${words}, kept in time` : `${words}; who keeps it in time is not known`);
}
