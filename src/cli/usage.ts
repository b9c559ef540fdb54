import type { Command, CommanderError } from 'commander';
import { didYouMean } from '../lib/closest-match.js';
import { quote } from '../lib/format.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import { wantedAt, type Wanted } from './complete.js';
import { valuesFor } from '../runtime/complete-values.js';
import type { Context } from '../runtime/context.js';

/** Of names that an argument could be, so many are still read. */
const FEW = 12;

/** What commander found wrong, in our words, with the usage of the verb that was meant. */
export async function usageError(
  error: CommanderError,
  program: Command,
  context: Context,
): Promise<ProblemError> {
  // The word after the last one is the argument that is missing, if one is.
  const wanted = wantedAt(program, [...context.argv, '']);
  const message = messageOf(error, wanted);
  const names = error.code === 'commander.missingArgument' ? await namesFor(wanted, context) : [];
  const hints = [
    `usage: ${usageOf(wanted.command)}`,
    ...(names.length > 0 ? [`there are: ${names.join(', ')}`] : []),
    furtherHelp(error, wanted),
  ];
  return new ProblemError({ code: 'usage', message, hint: hints.join('\n') }, EXIT.usage);
}

/** `pets volume rm`. */
export function nameOf(command: Command): string {
  return command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

export function usageOf(command: Command): string {
  return `${nameOf(command)} ${command.usage()}`;
}

/** What must be given and is not, or is too much; of each code of commander's, as its message has the names. */
function messageOf({ code, message }: CommanderError, { command, given }: Wanted): string {
  const verb = `\`${nameOf(command)}\``;
  const [, named = ''] = /'([^]*)'/.exec(message) ?? [];
  switch (code) {
    case 'commander.unknownCommand':
      return unknownCommand(named, command);
    case 'commander.unknownOption':
      return unknownOption(named, command);
    case 'commander.missingArgument':
      return `${verb} needs ${argumentNamed(named, command)}`;
    case 'commander.optionMissingArgument':
      return `the option \`${named}\` needs a value`;
    case 'commander.excessArguments':
      return tooMany(verb, command.registeredArguments.length, given);
    default:
      return invalidValue(message) ?? `the command line is not one of \`pets\`: ${quote(message)}`;
  }
}

export function unknownCommand(name: string, command: Command): string {
  const names = command.commands.flatMap((one) => [one.name(), ...one.aliases()]);
  const visible = names.filter((one) => !one.startsWith('_'));
  return withGuess(`there is no command ${quote(`${nameOf(command)} ${name}`)}`, name, visible);
}

function unknownOption(flag: string, command: Command): string {
  const options = command.createHelp().visibleOptions(command);
  const flags = options.flatMap(({ long, short }) => [long, short].filter((one) => one !== undefined));
  // It is one of the command's, and stood before it.
  if (flags.includes(flag)) return `the option \`${flag}\` comes after its command`;
  return withGuess(`\`${nameOf(command)}\` has no option ${quote(flag)}`, flag, flags);
}

function withGuess(message: string, word: string, candidates: readonly string[]): string {
  const guess = didYouMean(word, candidates);
  return guess === null ? message : `${message}; ${guess}`;
}

function argumentNamed(name: string, command: Command): string {
  const argument = command.registeredArguments.find((one) => one.name() === name);
  return argument?.variadic ? `at least one <${name}>` : `<${name}>`;
}

function tooMany(verb: string, most: number, given: readonly string[]): string {
  const surplus = given.slice(most).map(quote).join(', ');
  const takes =
    most === 0 ? 'takes no arguments' : most === 1 ? 'takes one argument' : `takes ${most} arguments`;
  return `${verb} ${takes}; ${surplus} is too much`;
}

/** Of an option, its variable or an argument; why is what its parser or its list of choices says. */
function invalidValue(message: string): string | null {
  const pattern =
    /^error: (?:option '(?<flags>.+?)'|command-argument) (?:argument|value) '(?<value>[^]*?)'(?: from env '(?<variable>\w+)')? is invalid(?: for argument '(?<name>.+)')?\. (?<why>[^]*)$/;
  const { flags, value = '', variable, name, why = '' } = pattern.exec(message)?.groups ?? {};
  if (why === '') return null;
  const what = variable ?? flags ?? `<${name ?? ''}>`;
  const expected = why.replace(/^Allowed choices are (.*)\.$/, 'expected $1').replace(/\.$/, '');
  return `\`${what}\` cannot be ${quote(value)}: ${expected}`;
}

async function namesFor(wanted: Wanted, context: Context): Promise<readonly string[]> {
  const values = [...wanted.words, ...(await valuesFor(wanted, context))];
  const names = values.map(([word]) => word).filter((word) => !/^[:@]/.test(word));
  return names.length <= FEW ? names : [];
}

function furtherHelp({ code }: CommanderError, { command }: Wanted): string {
  if (command.parent === null) return '`pets help` lists the commands';
  if (command.name() === 'down' && code === 'commander.excessArguments')
    return '`pets rm` removes single apps, `pets stop` stops them';
  return `\`pets help${nameOf(command).replace(/^pets/, '')}\` says more`;
}
