import type { DesiredApp } from '../../domain/desired.js';
import type { ManifestApp, Secret, SecretSource } from '../../domain/manifest.js';
import type { KeyPath } from '../../domain/problem.js';
import type { Say, App, PartialApp } from '../check.js';
import { ONE_OF } from './secret-keys.js';

const SOURCES = ['file', 'sops', 'env', 'command', 'generate'] as const;
type Written = NonNullable<App['secrets']>[number][1];

/** What the keys of one secret must be to one another. */
export function checkSecrets({ path, keys }: PartialApp, say: Say): void {
  for (const [name, written] of keys.secrets ?? []) checkSecret(written, [...path, 'secrets', name], say);
}

function checkSecret(written: Written, path: KeyPath, say: Say): void {
  const [first, ...others] = SOURCES.filter((source) => written[source] !== undefined);
  if (first === undefined) {
    const message = `exactly ${ONE_OF} is needed`;
    say({ code: 'manifest-missing-key', path, at: 'key', message, hint: 'file = "./secrets/db"' });
  }
  for (const other of others) {
    const message = `a secret has exactly ${ONE_OF}; this one has \`${first ?? ''}\``;
    say({
      code: 'manifest-conflict',
      path: [...path, other],
      at: 'key',
      message,
      hint: 'take one of them out',
    });
  }
  if (others.length > 0) return;
  if (first === 'sops' && written.key === undefined)
    say({
      code: 'manifest-missing-key',
      path,
      at: 'key',
      message: '`key` is missing',
      hint: 'key = "db.password"',
    });
  const isWith = (one: 'key' | 'length', source: string) => {
    if (written[one] === undefined || first === undefined || first === source) return;
    say({
      code: 'manifest-conflict',
      path: [...path, one],
      at: 'key',
      message: `has no effect without \`${source}\``,
    });
  };
  isWith('key', 'sops');
  isWith('length', 'generate');
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
  const { file, sops, env, command: words, length = DEFAULT_LENGTH } = written;
  if (file) return { kind: 'file', file };
  if (sops) return { kind: 'sops', file: sops, key: written.key ?? '' };
  if (env !== undefined) return { kind: 'env', variable: env };
  return words ? { kind: 'command', command: words } : { kind: 'generate', length };
}

export function desiredSecrets({ secrets: all }: ManifestApp): DesiredApp['secrets'] {
  return all.map(({ name, mode: access, owner: user }) => ({ name, mode: access, owner: user }));
}
