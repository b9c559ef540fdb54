import { Help } from 'commander';
import { Flag } from './variables.js';

/** Headings of the options that several verbs have; a verb's own come before them. */
export const SHARED = { run: 'Options of each run:', all: 'Options of each command:' } as const;
const RANKS: readonly string[] = [SHARED.run, SHARED.all];

/** How the help, and what is made like it, is laid out: for `configureHelp`. */
export const layout: Partial<Help> = {
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
  // Commander tells of a variable that it reads itself.
  optionDescription(option) {
    const variable = option instanceof Flag ? { envVar: { value: option.variable } } : {};
    return Help.prototype.optionDescription.call(this, Object.create(option, variable) as typeof option);
  },
};

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
