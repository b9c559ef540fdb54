import * as v from 'valibot';
import { LABEL, type Labels } from './labels.js';
import type { Locked } from './manifest.js';
import { isTime, tableIn } from './record-values.js';

/** The last time that an app was updated by its schedule, or was to be. */
export type Attempt = {
  /** ISO 8601. */
  readonly at: string;
  /** From and to which pins it was being brought; null: that run has come to an end, and `pets.lock` says what serves. */
  readonly move: PinMove | null;
};

export type PinMove = { readonly from: Pins; readonly to: Pins };

/** By the URL of a remote flake, what it stands for. */
export type Pins = Readonly<Record<string, Locked>>;

export function printAttempt({ at, move }: Attempt): Labels {
  return { [LABEL.update]: JSON.stringify({ at, move }) };
}

/** What a pin is made of; `locked` ends up in Nix' arguments. */
export const PIN = {
  locked: /^[a-z][a-z0-9+.-]*:[^\s#\p{Cc}]+$/u,
  narHash: /^sha256-[A-Za-z0-9+/]{43}=$/,
  rev: /^[0-9a-f]{40,64}$/,
};

const pin = v.object({
  locked: v.pipe(v.string(), v.regex(PIN.locked)),
  narHash: v.pipe(v.string(), v.regex(PIN.narHash)),
  rev: v.exactOptional(v.pipe(v.string(), v.regex(PIN.rev))),
});

const pins = v.record(v.string(), pin);
const moveSchema = v.object({ from: pins, to: pins });

/** Null: there was none, or what stands there is not what pets writes. A move is read whole or not at all. */
export function attemptIn(labels: Labels): Attempt | null {
  const { at, move } = tableIn(labels[LABEL.update]) ?? {};
  if (!isTime(at)) return null;
  const found = v.safeParse(moveSchema, move);
  return { at, move: found.success ? found.output : null };
}

/** A version as people write it: `v2.1.0-rc1`. */
const VERSION = /^v?(\d+)(?:\.(\d+))?/;

/**
 * Whether it is more than a step: another first number, or another second one below 1.0, where semver promises nothing.
 * Of what has no numbers nobody can tell, and a year says nothing: neither is one.
 */
export function isMajorJump(from: string | null, to: string | null): boolean {
  const [before, after] = [VERSION.exec(from ?? ''), VERSION.exec(to ?? '')];
  if (!before || !after) return false;
  const [[, majorBefore, minorBefore], [, majorAfter, minorAfter]] = [before, after];
  if (isYear(majorBefore) && isYear(majorAfter)) return false;
  if (Number(majorBefore) !== Number(majorAfter)) return true;
  return Number(majorBefore) === 0 && minorBefore !== minorAfter;
}

function isYear(number: string | undefined): boolean {
  return Number(number) >= 1970 && Number(number) <= 2199;
}
