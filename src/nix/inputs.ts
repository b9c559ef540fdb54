import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppSources, DesiredApp, Source } from '../domain/desired.js';
import type { FlakeRef, Locked } from '../domain/manifest.js';
import type { Exec } from '../lib/program.js';
import { ProblemError } from '../domain/problem.js';
import type { Tools } from './tools.js';
import { stageClosure } from './closure.js';
import { freezeTimes } from './files.js';
import { jsonWithFloats } from '../lib/json.js';
import { lockedInputs } from './own-lock.js';
import { pinnedUrl } from './pinned.js';
import { copiedFrom, FILES, type Copied } from './places.js';
import { stage } from './source.js';

/** An app whose system is put together here: what of it counts for that. */
export type AssembledApp = Pick<DesiredApp, 'name' | 'platform' | 'modules' | 'volumes' | 'binds' | 'nixos'> &
  Exclude<AppSources, { readonly nixpkgs: null }>;

type Assembly = Tools & {
  readonly app: AssembledApp;
  /** Lock entries found during this run. */
  readonly pins: Readonly<Record<string, Locked>>;
  /** A directory of this evaluation's own. */
  readonly work: string;
};

export type Inputs = {
  /** URLs by the name of the assembling flake's input. */
  readonly urls: Readonly<Record<string, string>>;
  /** The folder that the manifest's own Nix files are from. */
  readonly root: string | null;
  /** The app's flake's own inputs that a lock pins, its own or this run's. */
  readonly pinned: readonly string[];
  /** Whether the app's flake has a lock of its own. */
  readonly isLocked: boolean;
  /** What Nix copies of this host. */
  readonly copied: readonly Copied[];
};

/**
 * The inputs of the assembling flake. What comes from the manifest goes in as request.json: data, never Nix
 * code; its own Nix files are beside it.
 */
export async function inputsOf(assembly: Assembly): Promise<Inputs> {
  const { app, work, assembler } = assembly;
  const [nixpkgsCopy, ownCopy] = [join(work, 'nixpkgs'), join(work, 'app')];
  const nixpkgs = await urlFor(app.nixpkgs, nixpkgsCopy, assembly);
  const root = await writeRequest(join(work, 'request'), assembly);
  const common = { nixpkgs, request: `path:${join(work, 'request')}` };
  const copied = copiedFrom(app.nixpkgs, nixpkgsCopy);
  if (app.source.kind === 'config')
    return { urls: { app: `${assembler}/none`, ...common }, root, isLocked: false, pinned: [], copied };
  const own = await urlFor(app.source, ownCopy, assembly);
  // A flake without a lock of its own takes the manifest's nixpkgs for its `nixpkgs` input.
  const locked = await lockedInputs(own, app.source.ref.written, assembly);
  const isLocked = locked !== null;
  const urls = { app: own, ...common, ...(isLocked ? {} : { 'app/nixpkgs': nixpkgs }) };
  const pinned = locked ?? ['nixpkgs'];
  return { urls, root, isLocked, pinned, copied: [...copiedFrom(app.source, ownCopy), ...copied] };
}

/** The folder that the request's files are from; null where it has none. */
async function writeRequest(target: string, { app, ignored, exec }: Assembly): Promise<string | null> {
  const { source } = app;
  const own = source.kind === 'config' ? [source.file] : [];
  const files = [...own, ...app.modules];
  const staged = files.length > 0 ? await stageClosure(files, ignored, join(target, FILES), exec) : null;
  const names = (staged?.entries ?? []).map((entry) => `${FILES}/${entry}`);
  const request = {
    name: app.name,
    platform: app.platform,
    mounts: [...app.volumes, ...app.binds].map(({ path }) => path),
    modules: names.slice(own.length),
    nixos: app.nixos,
    ...(source.kind === 'config'
      ? { config: names[0] ?? '' }
      : { flakeRef: source.ref.written, attribute: attributePath(source.ref.attribute) }),
  };
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'request.json'), jsonWithFloats(request));
  await freezeTimes(target);
  return staged?.root ?? null;
}

/** `nixosConfigurations."my.host"` → two names. */
function attributePath(attribute: string): string[] {
  return (attribute.match(/"[^"]*"|[^."]+/g) ?? []).map((name) => name.replaceAll('"', ''));
}

async function urlFor(source: Source, target: string, assembly: Assembly): Promise<string> {
  switch (source.kind) {
    case 'missing':
      throw new ProblemError(source.problem);
    case 'remote': {
      const locked = source.locked ?? assembly.pins[source.ref.url];
      if (!locked) throw new Error(`${source.ref.url} was not locked before it was evaluated`);
      return pinnedUrl(locked, assembly);
    }
    case 'local':
      return localUrl(source.ref, target, assembly.ignored, assembly.exec);
  }
}

async function localUrl(
  ref: FlakeRef,
  target: string,
  ignored: ReadonlySet<string>,
  exec: Exec,
): Promise<string> {
  if (ref.url.startsWith('git+file:')) return ref.url;
  await stage(ref, ignored, target, exec);
  return `path:${target}`;
}
