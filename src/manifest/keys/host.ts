import type { Bind, ManifestApp } from '../../domain/manifest.js';
import type { Binding } from '../../domain/binding.js';
import type { AppSources, ContentHash, DesiredInputs, PathKind } from '../../domain/desired.js';
import type { KeyPath, Problem } from '../../domain/problem.js';
import { parentOf } from '../path.js';

import { quote } from '../../lib/format.js';

type Flaw = { readonly at: KeyPath; readonly problem: Problem | null };

/** What the host lacks for an app, each at the key that asks for it. */
export function problemsOf(app: ManifestApp, sources: AppSources, inputs: DesiredInputs): Problem[] {
  const flaws: Flaw[] = [
    ...sourceFlaws(app, sources, inputs),
    ...app.binds.map((bind, i) => ({
      at: ['binds', i],
      problem: bindFlaw(bind, kindAt(bind.source.path, inputs)),
    })),
    ...app.publish.map(({ binding }, i) => ({
      at: ['publish', i, 'socket'],
      problem: socketFlaw(binding, inputs),
    })),
    ...secretFlaws(app, inputs),
  ];
  return flaws.flatMap(({ at, problem }) =>
    problem ? [{ ...problem, app: app.name, path: ['apps', app.name, ...at] }] : [],
  );
}

function sourceFlaws(app: ManifestApp, { source, nixpkgs }: AppSources, inputs: DesiredInputs): Flaw[] {
  if (nixpkgs === null) return [];
  const flaw = (at: KeyPath, content: ContentHash) => ({
    at,
    problem: 'problem' in content ? content.problem : null,
  });
  const main =
    source.kind === 'config'
      ? flaw(['config'], hashAt(source.file.path, inputs))
      : { at: ['flake-ref'], problem: source.kind === 'missing' ? source.problem : null };
  return [
    main,
    { at: ['nixpkgs'], problem: nixpkgs.kind === 'missing' ? nixpkgs.problem : null },
    ...app.modules.map(({ path }, i) => flaw(['modules', i], hashAt(path, inputs))),
  ];
}

function bindFlaw({ source, create }: Bind, kind: PathKind): Problem | null {
  if (kind === 'missing' && !create) {
    const hint = `make it, or let pets make a folder of it: ${quote(`${source.written}:…:create`)}`;
    return { code: 'path-missing', message: `there is no ${source.path}`, hint };
  }
  if (create && (kind === 'file' || kind === 'socket'))
    return {
      code: 'path-unfit',
      message: `${source.path} is a file`,
      hint: '`:create` is for folders: leave it out',
    };
  return null;
}

function socketFlaw(binding: Binding, inputs: DesiredInputs): Problem | null {
  if (binding.protocol !== 'unix') return null;
  const { path } = binding;
  const parent = parentOf(path);
  const kind = kindAt(path, inputs);
  // Incus deletes whatever stands where it is to listen.
  if (kind === 'file' || kind === 'folder')
    return {
      code: 'path-unfit',
      message: `${path} is there, and no socket`,
      hint: 'move it away, or choose another path',
    };
  if (kindAt(parent, inputs) === 'folder') return null;
  return {
    code: 'path-missing',
    message: `there is no folder ${parent} for the socket`,
    hint: 'make it first',
  };
}

/** What kept secrets from being read, each at its source. */
function secretFlaws({ name, secrets: all }: ManifestApp, inputs: DesiredInputs): Flaw[] {
  return all.flatMap((one) => {
    const read = readOf(name, one.name, inputs);
    if (!read || !('problem' in read)) return [];
    return [{ at: ['secrets', one.name, one.source.kind], problem: read.problem }];
  });
}

function readOf(app: string, secretName: string, { secrets: read }: DesiredInputs) {
  const all = ownValue(read, app);
  return all && ownValue(all, secretName);
}

export function hashAt(path: string, { fileHashes }: DesiredInputs): ContentHash {
  return ownValue(fileHashes, path) ?? unread(path);
}

function kindAt(path: string, { paths }: DesiredInputs): PathKind {
  return ownValue(paths, path) ?? 'missing';
}

export function unread(path: string): ContentHash {
  return { problem: { code: 'path-missing', message: `${path} has not been read` } };
}

/** A URL may be named like an inherited property: `constructor` is an id that the flake registry could have. */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
