import { didYouMean } from '../../lib/closest-match.js';
import { LOCAL } from '../../runtime/daemons.js';
import type { Volume } from '../../domain/actual.js';
import { EXIT, ProblemError, type ExitCode } from '../../domain/problem.js';
import { jsonText, table } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';
import { withLock, type LockOptions } from '../../runtime/project-lock.js';
import type { CommandLine } from '../command-line.js';
import { examples, flag, withGlobalOptions, withLockOptions } from '../options.js';

export function addVolume({ program, actionOf }: CommandLine): void {
  const volume = program
    .command('volume')
    .summary("list the apps' volumes, or delete one")
    .helpCommand(false)
    .addHelpText('after', examples('pets volume ls', 'pets volume rm web/data'));
  withGlobalOptions(volume.command('ls').alias('list'))
    .summary('list the volumes of the project, kept ones too')
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('pets volume ls', 'pets volume ls --json'))
    .action(actionOf(listVolumes));
  withLockOptions(volume.command('rm <app/volume>'))
    .summary('delete a volume that no app has attached, for good')
    .option('--confirm <app/volume>', 'its name once more, where nobody can be asked')
    .addOption(flag('--no-input', 'never ask'))
    .addHelpText('after', examples('pets volume rm web/data', 'pets volume rm web/data --confirm web/data'))
    .action(actionOf(removeVolume));
}

/** Every volume of the project, those of apps that are gone included. */
async function listVolumes(runtime: Runtime, options: { readonly json: boolean }): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const volumes = [...(await runtime.daemons.get(LOCAL).incus(manifest.project).volumes())].sort(byName);
  if (options.json) {
    runtime.output.write(jsonText({ version: 1, project: manifest.project, volumes }));
    return EXIT.ok;
  }
  const rows = volumes.map((v) => [
    nameOf(v),
    v.size ?? '-',
    v.usedBy.length > 0 ? `attached to ${v.usedBy.join(', ')}` : 'kept',
    v.pool,
    v.name,
  ]);
  runtime.output.write(table(rows, ['VOLUME', 'SIZE', 'STATE', 'POOL', 'NAME IN INCUS']));
  return EXIT.ok;
}

type VolumeRmOptions = LockOptions & { readonly confirm?: string; readonly input: boolean };

/** Deletes one volume. Its name must be typed, or given once more: no flag of another verb unlocks this. */
async function removeVolume(runtime: Runtime, options: VolumeRmOptions, name: string): Promise<ExitCode> {
  const read = () => runtime.project();
  return withLock(runtime, { ...options, read }, async ({ manifest }) => {
    const incus = runtime.daemons.get(LOCAL).incus(manifest.project);
    const volume = findVolume(name, await incus.volumes());
    const [user] = volume.usedBy;
    if (user !== undefined) {
      throw new ProblemError({
        code: 'volume-in-use',
        message: `\`${name}\` is attached to \`${user}\``,
        hint: 'take it out of the manifest and run `pets up`, or detach it there; then it can be deleted',
      });
    }
    if (!(await isConfirmed(runtime, options, name))) {
      throw new ProblemError(
        { code: 'not-confirmed', message: 'that is not its name; nothing was deleted' },
        EXIT.usage,
      );
    }
    await incus.removeVolume(volume);
    runtime.output.stderr.write(`deleted ${name}\n`);
    return EXIT.ok;
  });
}

function findVolume(name: string, volumes: readonly Volume[]): Volume {
  const volume = volumes.find((v) => nameOf(v) === name);
  if (volume) return volume;
  const names = volumes.map(nameOf);
  const known = names.length > 0 ? `there are ${names.join(', ')}` : 'the project has none';
  throw new ProblemError(
    {
      code: 'volume-unknown',
      message: `there is no volume \`${name}\``,
      hint: didYouMean(name, names) ?? known,
    },
    EXIT.usage,
  );
}

async function isConfirmed(runtime: Runtime, options: VolumeRmOptions, name: string): Promise<boolean> {
  if (options.confirm !== undefined) return options.confirm === name;
  if (runtime.prompt.mayAsk)
    return (await runtime.prompt.ask(`This deletes ${name} and all that is in it. Type its name:`)) === name;
  throw new ProblemError(
    {
      code: 'not-confirmed',
      message: `this deletes \`${name}\` and all that is in it`,
      hint: `confirm it: \`pets volume rm ${name} --confirm ${name}\``,
    },
    EXIT.usage,
  );
}

export function nameOf({ app, volume }: Volume): string {
  return `${app}/${volume}`;
}

function byName(a: Volume, b: Volume): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
