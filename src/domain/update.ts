import * as v from 'valibot';
import { LABEL, type Labels } from './labels.js';
import type { Locked } from './manifest.js';
import { isTime, tableIn } from './record-values.js';

/** The last time that an app was updated by its schedule, or was to be. */
export type Attempt = {
  /** ISO 8601. */
  readonly at: string;
  /** What it was being brought to; null: that run has come to an end, and `pets.lock` says what serves. */
  readonly pins: Pins | null;
};

/** By the URL of a remote flake, what it stands for. */
export type Pins = Readonly<Record<string, Locked>>;

export function printAttempt({ at, pins }: Attempt): Labels {
  return { [LABEL.update]: JSON.stringify({ at, pins }) };
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

/** Null: there was none, or what stands there is not what pets writes. */
export function attemptIn(labels: Labels): Attempt | null {
  const { at, pins } = tableIn(labels[LABEL.update]) ?? {};
  if (!isTime(at)) return null;
  if (typeof pins !== 'object' || pins === null) return { at, pins: null };
  const entries = Object.entries(pins).flatMap(([url, value]) => {
    const found = v.safeParse(pin, value);
    return found.success ? [[url, found.output] as const] : [];
  });
  return { at, pins: Object.fromEntries(entries) };
}

/** A version as people write it: `v2.1.0-rc1`. */
const VERSION = /^v?(\d+)(?:\.(\d+))?/;

/**
 * Whether it is more than a step: another first number, or another second one below 1.0, where semver promises nothing.
 * Of what has no numbers nobody can tell, and it is none.
 */
export function isMajorJump(from: string | null, to: string | null): boolean {
  const [before, after] = [VERSION.exec(from ?? ''), VERSION.exec(to ?? '')];
  if (!before || !after) return false;
  const [[, majorBefore, minorBefore], [, majorAfter, minorAfter]] = [before, after];
  if (Number(majorBefore) !== Number(majorAfter)) return true;
  return Number(majorBefore) === 0 && minorBefore !== minorAfter;
}
