import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The flake reference of the stand-in nixpkgs that the bench has made; a test without it fails, and is not skipped. */
export function standIn(): string {
  const given = process.env['PETS_BENCH_NIXPKGS'];
  const made = fileURLToPath(new URL('bench/.cache/nixpkgs', import.meta.url));
  if (given === undefined && !existsSync(made))
    throw new Error('there is no stand-in nixpkgs yet: `node test/bench/bench.mjs up` makes it');
  return given ?? `path:${made}`;
}
