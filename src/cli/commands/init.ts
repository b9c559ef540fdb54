import { lstatSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { firstManifest, SCHEMA_FILE } from '../../flake-contract/templates.js';
import { manifestJsonSchema } from '../../manifest/json-schema.js';
import { isAppName, NAME_RULE, nameHint, nearestName } from '../../domain/names.js';
import { quote } from '../../lib/format.js';
import type { Runtime } from '../../runtime/runtime.js';
import { jsonText } from '../../ui/index.js';
import type { InitOptions } from '../../runtime/inspect.js';
import { inTheWay, type NewFile, showChanges, writeNew } from '../../runtime/init/new-files.js';
import type { CommandLine } from '../command-line.js';
import { examples, flag, nixpkgs, withGlobalOptions } from '../options.js';

export function addInit({ program, actionOf }: CommandLine): void {
  withGlobalOptions(program.command('init [name]'))
    .summary('write a first pets.toml, or what a flake needs to be a pet')
    .description(
      'Writes a commented pets.toml of the project <name>, by default the folder’s. With --contract it adds `nixosModules.incus` to the flake in this folder, for its service <name> where there are several; with --wrapper it writes a flake around another one’s package, with its module where it has one, in a folder <name>. Nothing is ever overwritten.',
    )
    .option('--contract', 'add nixosModules.incus to the flake in this folder', false)
    .option('--wrapper <flake-ref>', 'write a flake that makes a pet of this one’s package')
    .addOption(
      flag(
        '--host-option <option>',
        'option of the service for the address that it listens on: settings.address',
      ),
    )
    .addOption(
      flag('--port-option <option>', 'the one for the port; the same for both where it takes address:port'),
    )
    .addOption(nixpkgs())
    .addOption(flag('-n, --dry-run', 'only show what would be written').default(false))
    .addOption(flag('-y, --yes', 'write without asking').default(false))
    .addOption(flag('--no-input', 'never ask'))
    .addHelpText(
      'after',
      examples(
        'pets init homelab',
        'pets init --contract --dry-run',
        'pets init --contract --host-option settings.bind --port-option settings.port',
        'pets init --wrapper github:owner/repo#server web',
      ),
    )
    .action(actionOf(init));
}

/** The kind that the options name; `name`: of the project, the service, or the app. */
async function init(runtime: Runtime, options: InitOptions, name: string | undefined): Promise<ExitCode> {
  if (options.contract && options.wrapper !== undefined) {
    const hint = 'a wrapper has all of the contract already';
    throw new ProblemError(
      { code: 'usage', message: '--contract and --wrapper exclude one another', hint },
      EXIT.usage,
    );
  }
  if (
    !options.contract &&
    options.wrapper === undefined &&
    (options.hostOption ?? options.portOption) !== undefined
  ) {
    const message = '--host-option and --port-option are about the service of a flake';
    throw new ProblemError(
      { code: 'usage', message, hint: 'pets init --contract, pets init --wrapper <flake-ref> <app>' },
      EXIT.usage,
    );
  }
  if (options.contract)
    return (await import('../../runtime/init/contract.js')).initContract(runtime, options, name);
  if (options.wrapper === undefined) return initManifest(runtime, options, name);
  if (name === undefined) {
    const hint = `pets init --wrapper ${options.wrapper} <app>`;
    throw new ProblemError(
      { code: 'usage', message: 'a wrapper needs the name of its app', hint },
      EXIT.usage,
    );
  }
  const { initWrapper } = await import('../../runtime/init/wrapper.js');
  return initWrapper(runtime, options, options.wrapper, validName(name));
}

/** A first pets.toml, and the schema that its first line names. */
async function initManifest(
  runtime: Runtime,
  options: InitOptions,
  name: string | undefined,
): Promise<ExitCode> {
  const path = manifestPath(runtime.file, runtime.cwd);
  const folder = dirname(path);
  const project = name === undefined ? (nearestName(basename(folder)) ?? 'pets') : validName(name);
  const text = firstManifest(project);
  const schema = schemaFor(folder);
  const shown = relative(runtime.cwd, path);
  if (lstatSync(path, { throwIfNoEntry: false })) throw inTheWay(shown);
  if (options.dryRun) {
    showChanges(runtime, [{ path: shown, before: null, after: text }]);
    if (schema.length > 0)
      runtime.output.notice('note', `${SCHEMA_FILE} would be what \`pets schema\` prints`);
    return EXIT.ok;
  }
  await writeNew(folder, [{ path: basename(path), text }, ...schema]);
  runtime.output.notice(
    'note',
    `wrote ${shown} of the project ${project}; next: an app in it, and \`pets diff\``,
  );
  return EXIT.ok;
}

/** For editors. One that another manifest in the folder has is left as it is. */
function schemaFor(folder: string): NewFile[] {
  if (lstatSync(join(folder, SCHEMA_FILE), { throwIfNoEntry: false })) return [];
  return [{ path: SCHEMA_FILE, text: jsonText(manifestJsonSchema()) }];
}

function manifestPath(file: string | undefined, cwd: string): string {
  const given = resolve(cwd, file ?? '');
  return lstatSync(given, { throwIfNoEntry: false })?.isDirectory() ? join(given, 'pets.toml') : given;
}

function validName<T extends string>(name: T) {
  if (isAppName(name)) return name;
  throw new ProblemError(
    { code: 'usage', message: `${NAME_RULE}, got ${quote(name)}`, hint: nameHint(name) },
    EXIT.usage,
  );
}
