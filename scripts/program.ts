/** The program's commands, for what is made from them: nothing is ever run. */
import { PassThrough } from 'node:stream';
import { commandLine } from '../src/cli/args.js';

const { stdin, stderr } = process;

export const program = await commandLine(
  {
    cwd: '/',
    argv: [],
    env: {},
    stdin,
    stdout: new PassThrough(),
    stderr,
    draining: (work) => work(new AbortController().signal),
  },
  () => Promise.resolve(),
);
