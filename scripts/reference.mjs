/** docs/reference.md, every command with its options, from the program itself. */
import {
  commonOptions,
  descriptionOf,
  leavesOf,
  optionsOf,
  sharedOptions,
  usageOf,
} from './command-tree.mjs';

/** @typedef {import('commander').Command} Command */

/** @typedef {import('./command-tree.mjs').Option} Option */

/** So many commands have an option before it is told once for all of them. */
const SEVERAL = 4;

/** @param {readonly Option[]} options */
function optionList(options) {
  if (options.length === 0) return [];
  return [...options.map(({ flags, meaning }) => `- \`${flags}\`: ${meaning}`), ''];
}

/** @param {Option} option */
const textOf = ({ flags, meaning }) => `${flags}: ${meaning}`;

/**
 * Options that several commands have, each meaning the same in all of them.
 * @param {readonly Command[]} commands
 * @param {ReadonlySet<string>} common
 * @returns {Option[]}
 */
function repeatedOptions(commands, common) {
  const all = commands.flatMap((command) => optionsOf(command, common));
  const count = (/** @type {Option} */ option) => all.filter((one) => textOf(one) === textOf(option)).length;
  const repeated = all.filter((option) => count(option) >= SEVERAL);
  return [...new Map(repeated.map((option) => [textOf(option), option])).values()];
}

/** `-n, --dry-run` → `--dry-run` @param {Option} option */
const longOf = ({ flags }) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;

/** @param {Command} command @param {ReadonlySet<string>} common @param {ReadonlySet<string>} repeated */
function section(command, common, repeated) {
  const aliases = command.aliases().map((name) => `\`${name}\``);
  const options = optionsOf(command, common);
  const own = options.filter((option) => !repeated.has(textOf(option)));
  const others = options.filter((option) => repeated.has(textOf(option))).map(longOf);
  return [
    `## \`${usageOf(command)}\``,
    '',
    `${descriptionOf(command)}${aliases.length > 0 ? ` Also: ${aliases.join(', ')}.` : ''}`,
    '',
    ...optionList(own),
    ...(others.length > 0 ? [`Also \`${others.join(' ')}\`.`, ''] : []),
  ];
}

/** @param {Command} program @returns {string} Markdown */
export function referencePage(program) {
  const commands = leavesOf(program);
  const common = commonOptions(commands);
  const repeated = repeatedOptions(commands, common);
  const texts = new Set(repeated.map(textOf));
  return [
    '<!-- Made by `npm run docs`: edit the commands in src/cli/ instead. -->',
    '',
    '# Every command and option',
    '',
    '`pets help <command>` has examples of each. What they mean together, the formats and the exit codes:',
    '[commands](commands.md). Nearly every command has these:',
    '',
    ...optionList(sharedOptions(commands, common)),
    'Several commands have these, and name them:',
    '',
    ...optionList(repeated),
    ...commands.flatMap((command) => section(command, common, texts)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
