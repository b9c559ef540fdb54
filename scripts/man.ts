/** docs/pets.1, the manual page, from the program's own commands and the tables of docs/commands.md. */
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

/** roff takes a dot or a quote at a line's start for a request, a backslash for an escape (groff_char(7)). */
const escaped = (text: string) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

/** `code` is set in bold. */
const prose = (text: string) => escaped(text).replace(/`([^`]+)`/g, '\\fB$1\\fR');

function optionLines({ flags, meaning }: Option): string[] {
  return ['.TP', `\\fB${escaped(flags)}\\fR`, prose(meaning)];
}

function commandSection(command: Command, common: ReadonlySet<string>): string[] {
  const aliases = command.aliases().map((name) => `\\fB${name}\\fR`);
  return [
    `.SS "${escaped(usageOf(command))}"`,
    prose(descriptionOf(command)),
    ...(aliases.length > 0 ? ['.PP', `Also: ${aliases.join(', ')}.`] : []),
    ...optionsOf(command, common).flatMap(optionLines),
    '.PP',
    '.EX',
    ...examplesOf(command).map((example) => `    $ ${escaped(example)}`),
    '.EE',
  ];
}

/** The rows of the table under a heading of a page, as cells. */
function tableUnder(page: string, heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => /^\| (?!-)/.test(line) && !line.startsWith('|---'));
  const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
  if (cells.length < 2) throw new Error(`docs/commands.md has no table under "${heading}"`);
  return cells.slice(1);
}

/** Links lead nowhere on a terminal. */
const unlinked = (text: string) => text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');

/** roff, for man(7). `commandsPage`: docs/commands.md. */
export function manPage(program: Command, commandsPage: string): string {
  const commands = leavesOf(program);
  const common = commonOptions(commands);
  return [
    `.\\" Made by \`npm run docs\`: edit the commands in src/cli/ instead.`,
    `.TH PETS 1 "" "pets ${program.version() ?? ''}" "User Commands"`,
    '.SH NAME',
    `pets \\- ${escaped('compose for NixOS services on Incus')}`,
    '.SH SYNOPSIS',
    '.B pets',
    '.I command',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    prose(program.description()),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandSection(command, common)),
    '.SH OPTIONS',
    'Nearly every command has these.',
    ...sharedOptions(commands, common).flatMap(optionLines),
    '.SH EXIT STATUS',
    ...tableUnder(commandsPage, 'Exit codes').flatMap(([code = '', what = '']) => [
      '.TP',
      `.B ${escaped(code)}`,
      prose(unlinked(what)),
    ]),
    '.SH FILES',
    '.TP',
    '.B pets.toml',
    'The manifest: what should run.',
    '.TP',
    '.B pets.lock',
    'The revisions that its flakes are pinned to.',
    '.SH SEE ALSO',
    '.BR incus (1),',
    '.BR nix (1)',
    '',
  ].join('\n');
}
