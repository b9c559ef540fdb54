/** docs/reference.md, every command with its options, from the program itself. */
import type { Command } from 'commander';
import {
  commonOptions,
  descriptionOf,
  examplesOf,
  leavesOf,
  optionsOf,
  sharedOptions,
  usageOf,
  type Option,
} from './command-tree.js';

function optionTable(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  const rows = options.map(({ flags, meaning }) => `| \`${cell(flags)}\` | ${cell(meaning)} |`);
  return ['| option | |', '|---|---|', ...rows, ''];
}

/** A bar would end the cell, a bracket begin a tag. */
const cell = (text: string) => text.replaceAll('|', '\\|');

function section(command: Command, common: ReadonlySet<string>): string[] {
  const aliases = command.aliases().map((name) => `\`${name}\``);
  const examples = examplesOf(command).map((example) => `- \`${example}\``);
  return [
    `## \`${usageOf(command)}\``,
    '',
    `${descriptionOf(command)}${aliases.length > 0 ? ` Also: ${aliases.join(', ')}.` : ''}`,
    '',
    ...optionTable(optionsOf(command, common)),
    ...(examples.length > 0 ? [...examples, ''] : []),
  ];
}

/** Markdown. */
export function referencePage(program: Command): string {
  const commands = leavesOf(program);
  const common = commonOptions(commands);
  return [
    '<!-- Made by `npm run docs`: edit the commands in src/cli/ instead. -->',
    '',
    '# Every command and option',
    '',
    'What they mean together, the formats and the exit codes: [commands](commands.md). Nearly every command has these:',
    '',
    ...optionTable(sharedOptions(commands, common)),
    ...commands.flatMap((command) => section(command, common)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
