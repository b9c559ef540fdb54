import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from '../../flake-contract/incus-module.js';
import { contractItems, releaseOf, serviceOf } from '../../flake-contract/items.js';
import { attributePath } from '../../flake-contract/nix-text.js';
import { wrapperFlake, wrapperModule, type Wrapper } from '../../flake-contract/wrapper.js';
import { didYouMean } from '../../lib/closest-match.js';
import type { AppName } from '../../domain/names.js';
import type { FlakeRef } from '../../domain/manifest.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import type { Facts } from '../../domain/contract.js';
import { lockFlake } from '../../nix/flake-lock.js';
import { contractText, oneLine } from '../../ui/index.js';
import type { Runtime } from '../runtime.js';
import type { Shipped } from './flake-change.js';
import type { InitOptions } from '../inspect.js';
import { serviceText } from './service.js';
import { flakeRefOf, inspectorFor, type Inspector } from '../inspect.js';
import { listenFor } from './listen-options.js';
import { inTheWay, makeVisible, showChanges, writeNew, type NewFile } from './new-files.js';
import { tellWaiting } from '../patience.js';
import { PLATFORM } from '../project.js';

/** Writes a flake, in a folder of the app's name, that makes a pet of another flake's package; then checks it. */
export async function initWrapper(
  runtime: Runtime,
  options: InitOptions,
  written: string,
  app: AppName,
): Promise<ExitCode> {
  const folder = join(runtime.cwd, app);
  refuseUsed(folder, app);
  const upstream = flakeRefOf(written, runtime.cwd);
  const inspector = await inspectorFor(runtime, options);
  const files = filesOf(await wrapperOf(app, upstream, { inspector, options, runtime }));
  if (options.dryRun) {
    const changes = files.map(({ path, text }) => ({ path: `${app}/${path}`, before: null, after: text }));
    showChanges(runtime, changes);
    return EXIT.ok;
  }
  await writePinned(runtime, folder, files, upstream);
  const items = contractItems(await inspector.inspect(flakeRefOf(`./${app}`, runtime.cwd)));
  const color = runtime.output.colors.stdout;
  runtime.output.write(
    contractText({ flakeRef: `./${app}`, nixpkgs: inspector.nixpkgs.written, items }, color),
  );
  tell(runtime, app, files, upstream);
  return items.every(({ status }) => status === 'ok') ? EXIT.ok : EXIT.failed;
}

function filesOf(wrapper: Wrapper): NewFile[] {
  const flake = { path: 'flake.nix', text: wrapperFlake(wrapper) };
  if (wrapper.module !== null) return [flake];
  return [flake, { path: 'service-module.nix', text: wrapperModule(wrapper.service) }];
}

/** A folder of this host is followed as it is: nothing pins it. */
function isPinned({ directory }: FlakeRef): boolean {
  return directory === undefined;
}

/** All of it, with what pins the upstream, or nothing. */
async function writePinned(
  { programs, output }: Runtime,
  folder: string,
  files: readonly NewFile[],
  upstream: FlakeRef,
): Promise<void> {
  await writeNew(folder, files);
  const paths = files.map(({ path }) => path);
  try {
    if (isPinned(upstream))
      await tellWaiting(`Nix to pin ${upstream.url}`, lockFlake(folder, programs.exec), output);
    await makeVisible(folder, isPinned(upstream) ? [...paths, 'flake.lock'] : paths, programs.exec);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}

/** What a person does with it, or may not expect. */
function tell({ output }: Runtime, app: AppName, files: readonly NewFile[], upstream: FlakeRef): void {
  const names = files.map(({ path }) => `${app}/${path}`).join(' and ');
  output.notice('note', `wrote ${names}; in pets.toml it is [apps.${app}] with flake-ref = "./${app}"`);
  if (isPinned(upstream)) return;
  const words = `${upstream.written} is a folder of this host, and not pinned: \`pets diff\` does not see what changes in it`;
  output.notice('warning', words);
}

/** An empty folder is as good as a new one. */
function refuseUsed(folder: string, app: AppName): void {
  try {
    if (readdirSync(folder).length > 0) throw inTheWay(app);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw code === 'ENOTDIR' ? inTheWay(app) : error;
  }
}

type Asked = { readonly inspector: Inspector; readonly options: InitOptions; readonly runtime: Runtime };

async function wrapperOf(app: AppName, upstream: FlakeRef, asked: Asked): Promise<Wrapper> {
  const { inspect, nixpkgs } = asked.inspector;
  const { facts, unseen } = await inspect({ ...upstream, attribute: 'nixosModules.incus' });
  const flaw = unseen.packages ?? unseen.platforms ?? unseen.inputs;
  if (flaw !== undefined) throw new ProblemError(flaw);
  const name = packageOf(upstream, facts);
  if (facts.modules.includes('incus')) {
    const words = `it has nixosModules.incus: without a wrapper flake-ref = "${upstream.written.replace(/#.*/, '')}" does`;
    asked.runtime.output.notice('note', words);
  }
  const needsNixpkgs = !facts.isLocked && facts.inputs.includes('nixpkgs');
  return {
    app,
    ...((await upstreamService(app, facts, asked)) ?? { service: ownService(app, facts), module: null }),
    upstream: upstream.url,
    package: name,
    mainProgram: facts.mainPrograms[name] ? null : name === 'default' ? app : name,
    nixpkgs: needsNixpkgs ? nixpkgs.url : null,
  };
}

/** The wrapper's own: service-module.nix. */
function ownService(app: AppName, facts: Facts): Service {
  const listen = [
    ['host', 'lib.mkDefault "0.0.0.0"'],
    ['port', '8080'],
  ] as const;
  return { name: app, hostname: app, release: releaseOf(facts.version), hasPackage: true, listen };
}

/** What upstream has a module for, where that can be made to listen as a pet must. */
async function upstreamService(
  app: AppName,
  facts: Facts,
  { options, runtime }: Asked,
): Promise<Shipped | null> {
  const name = facts.services?.[app] ? app : serviceOf(facts);
  const declared = name === null ? undefined : facts.services?.[name];
  if (name === null || !declared) return null;
  const listen = await listenFor(runtime, options, name, declared.options);
  const isEnabled = declared.options.some((option) => option.name === 'enable');
  if (isEnabled && listen.host !== null && listen.port !== null) {
    const service = { ...serviceText(name, declared, listen, facts), hostname: app };
    return { service, module: declared.module };
  }
  const module = attributePath('nixosModules', declared.module);
  const words = `${module} of upstream declares services.${name}, but no option of it is known to say where it listens: the wrapper has a service of its own; --host-option and --port-option say which it is`;
  runtime.output.notice('warning', words);
  return null;
}

/** The one that the reference picks: `…#server`, `…#packages.x86_64-linux.server`. */
function packageOf({ written }: FlakeRef, { packages, platforms, modules }: Facts): string {
  const fragment = written.includes('#') ? written.slice(written.indexOf('#') + 1) : '';
  const name = fragment.replace(`packages.${PLATFORM}.`, '').replaceAll('"', '') || 'default';
  if (packages.includes(name)) return name;
  const there =
    packages.length > 0
      ? `it has ${packages.slice(0, 5).join(', ')}: write ${oneLine(written.replace(/#.*/, ''))}#${packages[0] ?? ''}`
      : platforms.length > 0
        ? `it has packages for ${platforms.join(', ')} only`
        : `it has no packages${moduleWords(written, modules)}`;
  throw new ProblemError({
    code: 'package-missing',
    message: `\`${written}\` has no package packages.${PLATFORM}.${name}`,
    hint: didYouMean(name, packages) ?? there,
  });
}

/** Where there is nothing to wrap, a module can be an app by itself. */
function moduleWords(written: string, modules: readonly string[]): string {
  const module = modules.includes('default') ? 'default' : modules[0];
  if (module === undefined) return '';
  const ref = `${oneLine(written.replace(/#.*/, ''))}#${attributePath('nixosModules', module)}`;
  return `; its module can be an app by itself: flake-ref = "${ref}", with nixos.incus.container.enable = true`;
}
