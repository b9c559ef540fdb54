/** The program's commands and options, for the pages that are made from them. */
import type { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { Flag } from '../src/cli/variables.js';

export type Option = { readonly flags: string; readonly meaning: string };

export function usageOf(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  const values = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return ['pets', ...names, ...values].join(' ');
}

/** What `addHelpText('after', …)` has given: it is only ever written. */
export function examplesOf(command: Command): string[] {
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, command, write });
  return [...text.matchAll(/^ {2}\$ (.*)$/gm)].map((match) => match[1] ?? '');
}

/** `common`: options that are told once for all. */
export function optionsOf(command: Command, common: ReadonlySet<string>): Option[] {
  const options = command.createHelp().visibleOptions(command);
  return options
    .filter(({ flags, long }) => !common.has(flags) && long !== '--help')
    .map((option) => {
      const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : '';
      const fallback =
        option.defaultValueDescription ?? (option.defaultValue as string | boolean | undefined);
      const standard =
        fallback === undefined || typeof fallback === 'boolean' ? '' : `; default: ${fallback}`;
      const variable = option instanceof Flag ? `; ${option.variable}` : '';
      return { flags: option.flags, meaning: `${option.description}${choices}${standard}${variable}` };
    });
}

/** Those that do something, in the order of the help. */
export function leavesOf(command: Command): Command[] {
  const below = command.createHelp().visibleCommands(command);
  return below.length === 0 ? [command] : below.flatMap(leavesOf);
}

/** Flags that nearly every command has, told once for all of them. */
export function commonOptions(commands: readonly Command[]): ReadonlySet<string> {
  const all = commands.flatMap(({ options }) => options.map(({ flags }) => flags));
  const count = (flags: string) => all.filter((one) => one === flags).length;
  return new Set(all.filter((flags) => count(flags) > 0.75 * commands.length));
}

/** What a command does, in a sentence or two. */
export function descriptionOf(command: Command): string {
  const summary = command.summary();
  return command.description() || `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** What `commonOptions` leaves to a single place. */
export function sharedOptions([sample]: readonly Command[], common: ReadonlySet<string>): Option[] {
  if (!sample) return [];
  const specific = sample.options.map(({ flags }) => flags).filter((flags) => !common.has(flags));
  return optionsOf(sample, new Set(specific));
}
