import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MADE } from './support/places.js';

/** The flake reference of the stand-in nixpkgs that the bench has made; a test without it fails, and is not skipped. */
export function standIn(): string {
  const given = process.env['PETS_BENCH_NIXPKGS'];
  const made = join(MADE, 'nixpkgs');
  if (given === undefined && !existsSync(made))
    throw new Error('there is no stand-in nixpkgs yet: `node --import tsx test/bench/bench.ts up` makes it');
  return given ?? `path:${made}`;
}
