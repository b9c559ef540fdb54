import type * as Commands from './commands/index.js';

/** What adds a verb, or some that are alike. */
export type Adder = Extract<keyof typeof Commands, `add${string}`>;

/**
 * All verbs, as the help has them: by what they are for, the usual ones first. Each with the words that name it, so that
 * nothing else is loaded and made for a run that says one of them.
 */
export const VERBS = {
  'Run:': {
    addUp: ['up'],
    addRehearse: ['rehearse'],
    addDown: ['down'],
    addPower: ['start', 'stop', 'restart'],
    addRm: ['rm'],
    addUpdate: ['update'],
    addRollback: ['rollback'],
    addHold: ['hold', 'unhold'],
    addExec: ['exec'],
    addShell: ['shell'],
    addDeploy: ['deploy'],
  },
  'Look:': {
    addDiff: ['diff', 'plan'],
    addShow: ['show'],
    addPs: ['ps', 'list'],
    addLogs: ['logs'],
    addTop: ['top'],
    addOpen: ['open'],
    addHistory: ['history'],
    addRuns: ['runs'],
    addAlerts: ['alerts', 'notify'],
  },
  'Data:': {
    addBackup: ['backup'],
    addBackups: ['backups'],
    addRestore: ['restore'],
    addVolume: ['volume'],
    addGc: ['gc'],
  },
  'Write:': {
    addInit: ['init'],
    addValidate: ['validate'],
    addConfig: ['config'],
    addSchema: ['schema'],
    addCheck: ['check'],
    addAdopt: ['adopt'],
  },
  'Host:': {
    addDoctor: ['doctor'],
    addCompletion: ['completion', '__complete'],
    addHelp: ['help', 'version'],
  },
} as const satisfies Record<string, Partial<Record<Adder, readonly string[]>>>;

/** What adds those that go by no manifest. */
const FREE: readonly Adder[] = ['addDeploy', 'addInit', 'addSchema', 'addCheck', 'addCompletion', 'addHelp'];

/** Their names. */
export const FREE_VERBS: ReadonlySet<string> = new Set(
  Object.values(VERBS)
    .flatMap((verbs) => Object.entries<readonly string[]>(verbs))
    .flatMap(([adder, names]) => (FREE.includes(adder as Adder) ? names : [])),
);

/** What adds verbs to the command line, below the heading that the help has for them. */
type Group = readonly [heading: string, adders: readonly Adder[]];

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
