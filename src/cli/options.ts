import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEPLOYED } from '../domain/labels.js';
import type { GlobalOptions } from '../runtime/context.js';
import { PROGRESS_CHOICES } from '../ui/index.js';
import { SHARED } from './help-layout.js';
import { Flag } from './variables.js';

export { examples } from './help-layout.js';

export type JsonOption = GlobalOptions & { readonly json: boolean };

/** An option that a variable can give, too. */
export function flag(flags: string, meaning: string): Flag {
  return new Flag(flags, meaning);
}

/** What every verb takes: `GlobalOptions`. `file`: without its short form where that is another option's. */
export function withGlobalOptions(command: Command, file = '-f, --file <path>'): Command {
  const options = [
    flag(
      file,
      'the manifest, - for standard input (default: pets.toml here or above, up to the repository’s root)',
    ),
    flag('--lock-file <path>', 'what pins flake references (default: pets.lock beside the manifest)'),
    new Option('--deployed', 'go by what `pets deploy` made, not by a manifest'),
    flag('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'),
    flag('--progress <mode>', 'how progress is shown on stderr').choices(PROGRESS_CHOICES).default('auto'),
    flag('-q, --quiet', 'show failures only').default(false),
  ];
  for (const option of options) command.addOption(option.helpGroup(SHARED.all));
  return command.hook('preAction', (_, verb) => {
    if (verb.getOptionValue('deployed') === true) verb.setOptionValue('file', DEPLOYED);
  });
}

/** What every verb takes that must be the only one to write: `LockOptions`. */
export function withLockOptions(command: Command): Command {
  return withGlobalOptions(command).addOption(
    flag('--lock-wait <duration>', 'wait so long for another run of the project to end: 90s, 10m')
      .default(0, 'not at all')
      .argParser((text) => (/^0[smh]?$/.test(text) ? 0 : parseDurationOption(text)))
      .helpGroup(SHARED.run),
  );
}

/** What the verbs that change something take: `RunOptions`. */
export function withRunOptions(command: Command): Command {
  const options = [
    flag(
      '-y, --yes',
      'answer yes where `down` asks; `up` destroys only with --prune or a yes at its prompt',
    ).default(false),
    flag('--no-input', 'never ask'),
    flag('-j, --jobs <n>', 'changes to Incus at a time').default(8).argParser(count),
    flag('--eval-jobs <n>', 'evaluations at a time (default: what the free memory allows)').argParser(count),
    timeoutFlag('limit for each switch and each boot: 90s, 10m'),
    flag('--fail-fast', 'start nothing more after the first failure').default(false),
  ];
  withLockOptions(command);
  for (const option of options) command.addOption(option.helpGroup(SHARED.run));
  return command;
}

export function timeoutFlag(meaning: string): Option {
  return flag('--timeout <duration>', meaning).default(300_000, '5m').argParser(parseDurationOption);
}

/** What only shows what would be done takes no lock and writes nothing. */
export function dryRun(): Option {
  return flag('-n, --dry-run', 'only show what would be done').default(false);
}

/** What `up` may do besides, and `diff` shows. */
export function prune(): Option {
  return flag('--prune', 'destroy apps that are no longer in the manifest').default(false);
}

export function recreate(): Option {
  const meaning = 'make containers anew whose store mode changes; what is on their root disks is lost';
  return flag('--recreate', meaning).default(false);
}

export function retry(): Option {
  return flag('--retry', 'try again what failed before and was rolled back').default(false);
}

export function strict(): Option {
  const meaning =
    'take away what somebody has added to the containers: disks, proxies, environment and raw config';
  return flag('--strict', meaning).default(false);
}

/** Whether new systems are tried in twins first; neither: as the manifest says. */
export function rehearse(command: Command): Command {
  return command
    .addOption(flag('--rehearse', 'try each new system in a twin first, as `update.rehearse` does'))
    .addOption(flag('--no-rehearse', 'bring up new systems without, whatever the manifest says'));
}

/** For what looks at flakes: docs/contract.md. */
export function nixpkgs(): Option {
  return flag(
    '--nixpkgs <flake-ref>',
    'nixpkgs to evaluate with (default: that of the manifest, where there is one)',
  );
}

export function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('expected a whole number from 1.');
  return value;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `10m`, `1h`; a bare number is seconds. In ms. */
export function parseDurationOption(text: string): number {
  const [, amount, unit = 's'] = /^(\d{1,6})(s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (!(ms > 0)) throw new InvalidArgumentError('expected a duration such as 90s or 10m.');
  return ms;
}
