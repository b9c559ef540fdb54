import { type Command, Help } from 'commander';

/** The verbs as the help has them: by what they are for, the usual ones first. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  'Run:': ['up', 'down', 'start', 'stop', 'restart', 'rm', 'update', 'rollback', 'exec', 'shell', 'deploy'],
  'Look:': ['diff', 'ps', 'logs', 'top', 'open', 'history', 'runs'],
  'Data:': ['backup', 'backups', 'restore', 'volume', 'gc'],
  'Write:': ['init', 'validate', 'config', 'schema', 'check', 'adopt'],
  'Host:': ['doctor', 'completion', 'help', 'version'],
};
const ORDER = Object.values(VERBS).flat();

/** Headings of the options that several verbs have; a verb's own come before them. */
export const SHARED = { run: 'Options of each run:', all: 'Options of each command:' } as const;
const RANKS: readonly string[] = [SHARED.run, SHARED.all];

/** How the help, and what is made like it, is ordered: for `configureHelp`. */
const ordered: Partial<Help> = {
  visibleCommands(command) {
    const commands = Help.prototype.visibleCommands.call(this, command);
    return commands.sort((a, b) => ORDER.indexOf(a.name()) - ORDER.indexOf(b.name()));
  },
  visibleOptions(command) {
    const options = Help.prototype.visibleOptions.call(this, command);
    const rank = (heading: string | undefined) => RANKS.indexOf(heading ?? '');
    return options.sort((a, b) => rank(a.helpGroupHeading) - rank(b.helpGroupHeading));
  },
  // Groups come as their members do, not as they were added.
  groupItems(_, visible, groupOf) {
    const groups = new Map<string, typeof visible>();
    for (const item of visible) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
    return groups;
  },
};

/** Puts the verbs of the program into groups, and each one's own options before those that it shares. */
export function arrange(program: Command): void {
  for (const [heading, names] of Object.entries(VERBS))
    for (const command of program.commands.filter((one) => names.includes(one.name())))
      command.helpGroup(heading);
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])])
    command.configureHelp(ordered);
}
