/** docs/pets.1, the manual page, from the program's own commands and the tables of docs/commands.md. */

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

/** @param {Command} command */
function usageOf(command) {
  const names = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  const values = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return ['pets', ...names, ...values].join(' ');
}

/**
 * What `addHelpText('after', …)` has given: it is only ever written.
 * @param {Command} command
 */
function examplesOf(command) {
  let text = '';
  const emitter = /** @type {import('node:events').EventEmitter} */ (/** @type {unknown} */ (command));
  emitter.emit('afterHelp', { error: false, command, write: (/** @type {string} */ part) => (text += part) });
  return [...text.matchAll(/^ {2}\$ (.*)$/gm)].map((match) => match[1] ?? '');
}

/**
 * @param {Command} command
 * @param {ReadonlySet<string>} common options that are told once for all
 */
function optionsOf(command, common) {
  const options = command.createHelp().visibleOptions(command);
  return options
    .filter(({ flags, long }) => !common.has(flags) && long !== '--help')
    .flatMap((option) => {
      const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : '';
      const fallback = option.defaultValueDescription ?? option.defaultValue;
      const standard =
        fallback === undefined || fallback === false || fallback === true ? '' : `; default: ${fallback}`;
      const variable = option.envVar === undefined ? '' : `; ${option.envVar}`;
      return [
        '.TP',
        `\\fB${escaped(option.flags)}\\fR`,
        prose(`${option.description}${choices}${standard}${variable}`),
      ];
    });
}

/** @param {Command} command @returns {Command[]} those that do something, in the order of the help */
function leavesOf(command) {
  const below = command.createHelp().visibleCommands(command);
  return below.length === 0 ? [command] : below.flatMap(leavesOf);
}

/**
 * Flags that nearly every command has, told once for all of them.
 * @param {readonly Command[]} commands
 */
function commonOptions(commands) {
  const all = commands.flatMap(({ options }) => options.map(({ flags }) => flags));
  const count = (/** @type {string} */ flags) => all.filter((one) => one === flags).length;
  return new Set(all.filter((flags) => count(flags) > 0.75 * commands.length));
}

/** @param {Command} command @param {ReadonlySet<string>} common */
function commandSection(command, common) {
  const aliases = command.aliases().map((name) => `\\fB${name}\\fR`);
  return [
    `.SS "${escaped(usageOf(command))}"`,
    prose(command.description() || `${capital(command.summary())}.`),
    ...(aliases.length > 0 ? ['.PP', `Also: ${aliases.join(', ')}.`] : []),
    ...optionsOf(command, common),
    '.PP',
    '.EX',
    ...examplesOf(command).map((example) => `    $ ${escaped(example)}`),
    '.EE',
  ];
}

const capital = (/** @type {string} */ text) => text.charAt(0).toUpperCase() + text.slice(1);

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
  const [sample] = commands;
  const specific = new Set(sample?.options.map(({ flags }) => flags).filter((flags) => !common.has(flags)));
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
    ...(sample ? optionsOf(sample, specific) : []),
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
