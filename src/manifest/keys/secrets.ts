import type { DesiredApp } from '../../domain/desired.js';
import type { ManifestApp, OutsideSource, Secret, SecretSource } from '../../domain/manifest.js';
import type { KeyPath } from '../../domain/problem.js';
import type { Say, App, PartialApp } from '../check.js';
import { ONE_OF } from './secret-keys.js';

const SOURCES = ['file', 'sops', 'env', 'command', 'generate'] as const;
type Written = NonNullable<App['secrets']>[number][1];
/** What says where a value comes from, of a secret or of something else. */
type WrittenSource = Pick<Written, (typeof SOURCES)[number] | 'key'>;

/** What the keys of one secret must be to one another. */
export function checkSecrets({ path, keys }: PartialApp, say: Say): void {
  for (const [name, written] of keys.secrets ?? []) checkSecret(written, [...path, 'secrets', name], say);
}

function checkSecret(written: Written, path: KeyPath, say: Say): void {
  if (!checkSource(written, SECRET, path, say)) return;
  if (written.length !== undefined && written.generate === undefined && sourcesIn(written).length > 0)
    say({
      code: 'manifest-conflict',
      path: [...path, 'length'],
      at: 'key',
      message: 'has no effect without `generate`',
    });
}

function sourcesIn(written: WrittenSource): (typeof SOURCES)[number][] {
  return SOURCES.filter((source) => written[source] !== undefined);
}

/** What has a value from outside, as messages call it; the keys that it may have, and one of them. */
type Sourced = { readonly what: string; readonly oneOf: string; readonly example: string };
const SECRET: Sourced = { what: 'a secret', oneOf: ONE_OF, example: 'file = "./secrets/db"' };

/** False: several sources are written, and nothing more can be said of it. */
export function checkSource(
  written: WrittenSource,
  { what, oneOf, example }: Sourced,
  path: KeyPath,
  say: Say,
): boolean {
  const [first, ...others] = sourcesIn(written);
  if (first === undefined) {
    const message = `exactly ${oneOf} is needed`;
    say({ code: 'manifest-missing-key', path, at: 'key', message, hint: example });
  }
  for (const other of others) {
    const message = `${what} has exactly ${oneOf}; this one has \`${first ?? ''}\``;
    say({
      code: 'manifest-conflict',
      path: [...path, other],
      at: 'key',
      message,
      hint: 'take one of them out',
    });
  }
  if (others.length > 0) return false;
  if (first === 'sops' && written.key === undefined)
    say({
      code: 'manifest-missing-key',
      path,
      at: 'key',
      message: '`key` is missing',
      hint: 'key = "db.password"',
    });
  if (written.key !== undefined && first !== undefined && first !== 'sops')
    say({
      code: 'manifest-conflict',
      path: [...path, 'key'],
      at: 'key',
      message: 'has no effect without `sops`',
    });
  return true;
}

const DEFAULT_LENGTH = 32;

export function secretsOf({ secrets: written = [] }: App): Secret[] {
  return written
    .map(([name, one]) => ({
      name,
      source: sourceOf(one),
      mode: one.mode ?? '0400',
      owner: one.owner ?? 'root',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sourceOf(written: Written): SecretSource {
  const { length = DEFAULT_LENGTH } = written;
  return outsideSourceOf(written) ?? { kind: 'generate', length };
}

/** Null: none is written. */
export function outsideSourceOf({
  file,
  sops,
  env,
  command: words,
  key = '',
}: WrittenSource): OutsideSource | null {
  if (file) return { kind: 'file', file };
  if (sops) return { kind: 'sops', file: sops, key };
  if (env !== undefined) return { kind: 'env', variable: env };
  return words ? { kind: 'command', command: words } : null;
}

export function desiredSecrets({ secrets: all }: ManifestApp): DesiredApp['secrets'] {
  return all.map(({ name, mode: access, owner: user }) => ({ name, mode: access, owner: user }));
}
