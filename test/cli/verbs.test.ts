import { expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { commandLine } from '../../src/cli/args.js';
import { FREE_VERBS, VERBS, verbsFor } from '../../src/cli/verbs.js';

const { stderr } = process;
const stdin = () => process.stdin;
const lineFor = (...argv: readonly string[]) =>
  commandLine(
    {
      ...{ cwd: '/', argv, freeVerbs: FREE_VERBS, env: {}, stdin, stderr, stdout: new PassThrough() },
      draining: (work) => work(new AbortController().signal),
    },
    () => Promise.resolve(),
  );
const all = await lineFor();
const NAMES = Object.values(VERBS).flatMap((verbs) => Object.values<readonly string[]>(verbs).flat());
const SINGLE = NAMES.filter((name) => name !== 'help' && name !== '__complete');

test('the words of each verb are the names of what it adds', () => {
  const names = all.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  expect(NAMES.toSorted()).toEqual(names.toSorted());
});

test('all verbs go by a manifest, but for these', () => {
  const free = ['__complete', 'check', 'completion', 'deploy', 'help', 'init', 'schema', 'version'];
  expect([...FREE_VERBS].toSorted()).toEqual(free);
});

test.each(SINGLE)('`pets %s` makes what it needs, as it is', async (name) => {
  const line = await lineFor(name);
  const named = (program: typeof all) =>
    program.commands.find((command) => [command.name(), ...command.aliases()].includes(name));
  expect(named(line)?.helpInformation()).toBe(named(all)?.helpInformation());
  expect(line.commands.length).toBeLessThan(4);
});

test.each([[['--version']], [['-v']], [['--version', 'up']]])('%j makes none', async (argv) => {
  expect((await lineFor(...argv)).commands).toEqual([]);
});

const EVERY = verbsFor([]);
test.each([
  [['--help']],
  [['help', 'up']],
  [['upp']],
  [['--json', 'ps']],
  [['-V']],
  [['__complete', '--', '']],
  [['__complete', '--', 'up']],
  [['__complete', '--', 'help', '']],
])('%j makes all of them', (argv) => {
  expect(verbsFor(argv)).toEqual(EVERY);
});

test('a line that is completed makes the verb that it names', () => {
  const adders = verbsFor(['__complete', '--', 'up', '--pr']).flatMap(([, added]) => added);
  expect(adders).toEqual(['addUp', 'addCompletion']);
});
