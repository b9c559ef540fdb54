/** The program's commands, for what is made from them: nothing is ever run. */
import { PassThrough } from 'node:stream';
import { commandLine } from '../src/cli/args.js';
import { FREE_VERBS } from '../src/cli/verbs.js';

const { stderr } = process;

export const program = await commandLine(
  {
    cwd: '/',
    argv: [],
    freeVerbs: FREE_VERBS,
    env: {},
    stdin: () => process.stdin,
    stdout: new PassThrough(),
    stderr,
    draining: (work) => work(new AbortController().signal),
  },
  () => Promise.resolve(),
);
