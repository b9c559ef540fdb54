import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DesiredApp, FlakeRef, Locked, Source } from '../model.js';
import type { Exec } from '../ports.js';
import { ProblemError } from '../problem.js';
import { stage } from './source.js';

type Assembly = {
  readonly app: DesiredApp;
  /** Lock entries found during this run. */
  readonly pins: Readonly<Record<string, Locked>>;
  /** A directory of this evaluation's own. */
  readonly work: string;
  readonly ignored: ReadonlySet<string>;
  readonly exec: Exec;
  /** `nix flake metadata --json` of a URL. */
  readonly metadata: (url: string) => Promise<string>;
};

/**
 * The inputs of the assembling flake, by name. What comes from the manifest goes in as request.json: data,
 * never Nix code.
 */
export async function inputsOf(assembly: Assembly): Promise<Readonly<Record<string, string>>> {
  const { app, work } = assembly;
  const own = await urlFor(app.source, join(work, 'app'), assembly);
  const nixpkgs = await urlFor(app.nixpkgs, join(work, 'nixpkgs'), assembly);
  const { written, attribute } = app.source.ref;
  const request = {
    name: app.name,
    platform: app.platform,
    flakeRef: written,
    attribute: attributePath(attribute),
  };
  await mkdir(join(work, 'request'));
  await writeFile(join(work, 'request', 'request.json'), JSON.stringify(request));
  // A flake without a lock of its own takes the manifest's nixpkgs for its `nixpkgs` input.
  const follows = (await hasLock(own, assembly)) ? {} : { 'app/nixpkgs': nixpkgs };
  return { app: own, nixpkgs, request: `path:${join(work, 'request')}`, ...follows };
}

/** `nixosConfigurations."my.host"` → two names. */
function attributePath(attribute: string): string[] {
  return (attribute.match(/"[^"]*"|[^."]+/g) ?? []).map((name) => name.replaceAll('"', ''));
}

async function urlFor(source: Source, target: string, { pins, ignored, exec }: Assembly): Promise<string> {
  switch (source.kind) {
    case 'missing':
      throw new ProblemError(source.problem);
    case 'remote': {
      const locked = source.locked ?? pins[source.ref.url];
      if (!locked) throw new Error(`${source.ref.url} was not locked before it was evaluated`);
      return locked.locked;
    }
    case 'local':
      return localUrl(source.ref, target, ignored, exec);
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

async function hasLock(url: string, assembly: Assembly): Promise<boolean> {
  const directory = url.startsWith('path:') ? pathOf(url) : await fetched(url, assembly);
  return stat(join(directory, 'flake.lock')).then(
    () => true,
    () => false,
  );
}

/** `path:/a/b?narHash=…` → `/a/b`. */
function pathOf(url: string): string {
  return decodeURIComponent(url.slice('path:'.length).split('?')[0] ?? '');
}

async function fetched(url: string, { metadata }: Assembly): Promise<string> {
  const { path } = JSON.parse(await metadata(url)) as { path: string };
  return join(path, new URLSearchParams(url.split('?')[1] ?? '').get('dir') ?? '');
}
