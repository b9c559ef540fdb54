/** docs/pets.1, the manual page, from the program's own commands and the tables of docs/commands.md. */

import {
  commonOptions,
  descriptionOf,
  examplesOf,
  leavesOf,
  optionsOf,
  sharedOptions,
  usageOf,
} from './command-tree.mjs';

/** @typedef {import('commander').Command} Command */

/** roff takes a dot or a quote at a line's start for a request, a backslash for an escape (groff_char(7)). */
const escaped = (/** @type {string} */ text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');

/** `code` is set in bold. */
const prose = (/** @type {string} */ text) =>
  escaped(text).replace(/`([^`]+)`/g, (_, code) => `\\fB${code}\\fR`);

/** @param {import('./command-tree.mjs').Option} option */
function optionLines({ flags, meaning }) {
  return ['.TP', `\\fB${escaped(flags)}\\fR`, prose(meaning)];
}

/** @param {Command} command @param {ReadonlySet<string>} common */
function commandSection(command, common) {
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

/** The rows of the table under a heading of a page, as cells. @param {string} page @param {string} heading */
function tableUnder(page, heading) {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => /^\| (?!-)/.test(line) && !line.startsWith('|---'));
  const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
  if (cells.length < 2) throw new Error(`docs/commands.md has no table under "${heading}"`);
  return cells.slice(1);
}

/** Links lead nowhere on a terminal. */
const unlinked = (/** @type {string} */ text) => text.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1');

/**
 * @param {Command} program
 * @param {string} commandsPage docs/commands.md
 * @returns {string} roff, for man(7)
 */
export function manPage(program, commandsPage) {
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
