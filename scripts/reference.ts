/** docs/reference.md, every command with its options, from the program itself. */
import type { Command } from 'commander';
import {
  commonOptions,
  descriptionOf,
  leavesOf,
  optionsOf,
  sharedOptions,
  usageOf,
  type Option,
} from './command-tree.js';

/** So many commands have an option before it is told once for all of them. */
const SEVERAL = 4;

function optionList(options: readonly Option[]): string[] {
  if (options.length === 0) return [];
  return [...options.map(({ flags, meaning }) => `- \`${flags}\`: ${meaning}`), ''];
}

const textOf = ({ flags, meaning }: Option) => `${flags}: ${meaning}`;

/** Options that several commands have, each meaning the same in all of them. */
function repeatedOptions(commands: readonly Command[], common: ReadonlySet<string>): Option[] {
  const all = commands.flatMap((command) => optionsOf(command, common));
  const count = (option: Option) => all.filter((one) => textOf(one) === textOf(option)).length;
  const repeated = all.filter((option) => count(option) >= SEVERAL);
  return [...new Map(repeated.map((option) => [textOf(option), option])).values()];
}

/** `-n, --dry-run` → `--dry-run` */
const longOf = ({ flags }: Option) => /--[a-z-]+/.exec(flags)?.[0] ?? flags;

function section(command: Command, common: ReadonlySet<string>, repeated: ReadonlySet<string>): string[] {
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

/** Markdown. */
export function referencePage(program: Command): string {
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
