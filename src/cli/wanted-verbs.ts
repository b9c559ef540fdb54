import { VERBS, type Adder } from './verbs.js';

/** What adds verbs to the command line, below the heading that the help has for them. */
export type Group = readonly [heading: string, adders: readonly Adder[]];

const GROUPS = Object.entries(VERBS).map(
  ([heading, verbs]) => [heading, Object.entries(verbs) as [Adder, readonly string[]][]] as const,
);

/**
 * The verbs that a command line needs: the one that it names, none to tell the version, and all of them where it asks
 * which there are, or names none.
 */
export function verbsFor(argv: readonly string[]): readonly Group[] {
  const [first = '', , completed = ''] = argv;
  if (first === '-v' || first === '--version') return [];
  const words = first === '__complete' ? [first, completed] : [first];
  // The last word of a line that is completed is not whole: `up` may become `update`.
  const isOpen = first === '__complete' && argv.length < 4;
  // What follows `help` is a command, whichever.
  const isKnown = (word: string) =>
    word !== 'help' && GROUPS.some(([, verbs]) => verbs.some(([, names]) => names.includes(word)));
  return isOpen || !words.every(isKnown) ? groupsOf(() => true) : groupsOf((name) => words.includes(name));
}

function groupsOf(isWanted: (name: string) => boolean): Group[] {
  return GROUPS.map(([heading, verbs]) => [
    heading,
    verbs.filter(([, names]) => names.some(isWanted)).map(([adder]) => adder),
  ]);
}
