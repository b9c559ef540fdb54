import { mkdtemp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DesiredApp, FlakeRef, Locked, Source } from '../model.js';
import type { Evaluated, Exec, ExecResult, Nix } from '../ports.js';
import { FailedProgram, ProblemError } from '../problem.js';
import { stage } from './source.js';

/** `assembly`: the directory of the shipped flake that puts a pet's system together. `ignored`: see source.ts. */
export function nixOver(exec: Exec, assembly: string, ignored: ReadonlySet<string>): Nix {
  const flakes = ['--extra-experimental-features', 'nix-command flakes'];
  const nix = (args: readonly string[]) => exec('nix', [...flakes, ...args]);

  return {
    lock: async (url) => {
      const result = await nix(['flake', 'metadata', '--json', '--no-write-lock-file', '--refresh', url]);
      if (result.exitCode !== 0) throw failed(`cannot lock ${url}`, result);
      return lockedFrom(result.stdout);
    },

    evaluate: async (app, pins) => {
      const work = await mkdtemp(join(tmpdir(), 'pets-'));
      try {
        return await evaluateIn(work, app, pins);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    },

    build: async ({ drv }, onLine) => {
      const result = await exec('nix-store', ['--realise', drv], { onLine });
      if (result.exitCode !== 0) throw failed('the build failed', result);
    },
  };

  async function evaluateIn(
    work: string,
    app: DesiredApp,
    pins: Readonly<Record<string, Locked>>,
  ): Promise<Evaluated> {
    const appUrl = await urlFor(app.source, join(work, 'app'), pins);
    const nixpkgsUrl = await urlFor(app.nixpkgs, join(work, 'nixpkgs'), pins);
    const request = {
      name: app.name,
      platform: app.platform,
      flakeRef: app.source.ref.written,
      attribute: app.source.ref.attribute.split('.'),
    };
    await mkdir(join(work, 'request'));
    await writeFile(join(work, 'request', 'request.json'), JSON.stringify(request));
    const overrides = [
      ['app', appUrl],
      ['nixpkgs', nixpkgsUrl],
      ['request', `path:${join(work, 'request')}`],
    ];
    if (!(await pinsItsInputs(appUrl))) overrides.push(['app/nixpkgs', nixpkgsUrl]);
    const result = await nix([
      'eval',
      '--json',
      `path:${encodeURI(assembly)}#toplevel`,
      '--no-write-lock-file',
      '--apply',
      'system: { drv = system.drvPath; toplevel = system.outPath; }',
      ...overrides.flatMap(([input = '', url = '']) => ['--override-input', input, url]),
    ]);
    if (result.exitCode !== 0) throw failed(`\`${app.source.ref.written}\` does not evaluate`, result, work);
    return JSON.parse(result.stdout) as Evaluated;
  }

  /** A flake without a lock of its own takes the manifest's nixpkgs for its `nixpkgs` input. */
  async function pinsItsInputs(url: string): Promise<boolean> {
    const directory = url.startsWith('path:') ? fromUrl(url) : await fetched(url);
    return stat(join(directory, 'flake.lock')).then(
      () => true,
      () => false,
    );
  }

  async function fetched(url: string): Promise<string> {
    const result = await nix(['flake', 'prefetch', '--json', url]);
    if (result.exitCode !== 0) throw failed(`cannot fetch ${url}`, result);
    const { storePath } = JSON.parse(result.stdout) as { storePath: string };
    return join(storePath, new URLSearchParams(url.split('?')[1] ?? '').get('dir') ?? '');
  }

  async function urlFor(
    source: Source,
    target: string,
    pins: Readonly<Record<string, Locked>>,
  ): Promise<string> {
    switch (source.kind) {
      case 'missing':
        throw new ProblemError(source.problem);
      case 'remote': {
        const locked = source.locked ?? pins[source.ref.url];
        if (!locked) throw new ProblemError({ message: `\`${source.ref.written}\` is not locked` });
        return locked.locked;
      }
      case 'local':
        return localUrl(source.ref, target);
    }
  }

  async function localUrl(ref: FlakeRef, target: string): Promise<string> {
    if (ref.url.startsWith('git+file:')) return ref.url;
    await stage(ref, ignored, target, exec);
    return `path:${target}`;
  }
}

/** `path:/a/b?narHash=…` → `/a/b`. */
function fromUrl(url: string): string {
  return decodeURIComponent(url.slice('path:'.length).split('?')[0] ?? '');
}

type Metadata = {
  readonly url?: string;
  readonly locked: { readonly narHash: string; readonly rev?: string; readonly type: string };
};

/** Nix' metadata as a lock entry. Types without a revision are held by their narHash. */
function lockedFrom(json: string): Locked {
  const { url, locked } = JSON.parse(json) as Metadata;
  if (url === undefined) throw new ProblemError({ message: 'nix flake metadata printed no locked url' });
  const { narHash, rev } = locked;
  const held = rev !== undefined || url.includes('narHash=');
  const join = url.includes('?') ? '&' : '?';
  return {
    locked: held ? url : `${url}${join}narHash=${encodeURIComponent(narHash)}`,
    narHash,
    ...(rev === undefined ? {} : { rev }),
  };
}

/** Nix' own words: the first `error:` line is the message, everything it printed is the log. */
function failed(what: string, result: ExecResult, work = ''): FailedProgram {
  const lines = result.stderr.split('\n').map((line) => (work === '' ? line : line.replaceAll(work, '')));
  const notes = lines.filter((line) => line.trim() !== '' && !line.startsWith('warning: '));
  const error = notes.find((line) => line.trimStart().startsWith('error:') && line.trim() !== 'error:');
  const words = (error ?? notes.at(-1) ?? `exit code ${String(result.exitCode)}`)
    .trim()
    .replace(/^error: /, '');
  return new FailedProgram({ message: `${what}: ${words}` }, notes);
}
