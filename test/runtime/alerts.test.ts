import { expect, test } from '@jest/globals';
import type { Outgoing } from '../../src/domain/alert.js';
import type { AppName } from '../../src/domain/names.js';
import { ProblemError } from '../../src/domain/problem.js';
import { deliverAll } from '../../src/runtime/alerts.js';

const outbox = ['one', 'two', 'three'].map((message): Outgoing => {
  return {
    kind: 'failed',
    app: 'web' as AppName,
    at: '2026-11-27T03:00:00.000Z',
    message,
    to: ['command', 'url'],
  };
});

/** What each of the two was told, what was left after each, and at the end. */
async function delivered(codes: readonly number[], isAtHome: boolean) {
  const told: string[] = [];
  const left: string[] = [];
  const problems: string[] = [];
  const words = (waiting: readonly Outgoing[]) =>
    waiting.map(({ message, to }) => `${message}:${to.join('+')}`).join(' ');
  const around = {
    notify: { command: ['tell'] as const, url: isAtHome ? null : ({ kind: 'written', url: '' } as const) },
    sender: { project: 'p', host: 'box' },
    directory: '/',
    capture: (_: unknown, __: string, { input = '' } = {}) => {
      const exitCode = codes[told.length] ?? 0;
      told.push((JSON.parse(input) as { message: string }).message);
      return Promise.resolve({ exitCode, stdout: new Uint8Array(), stderr: '' });
    },
    url: () => Promise.reject(new ProblemError({ code: 'secret-missing', message: 'no place' })),
  };
  const end = await deliverAll(
    outbox,
    { ...around, notify: { format: 'json', on: [], ...around.notify } },
    {
      onProblem: (message) => problems.push(message),
      onLeft: (waiting) => left.push(words(waiting)),
    },
  );
  return { told, left, end: words(end), problems };
}

test('each is put down as told before the next one is, so that nobody is told twice after a kill', async () => {
  expect(await delivered([], false)).toEqual({
    told: ['one', 'two', 'three'],
    left: [
      'one:url two:command+url three:command+url',
      'one:url two:url three:command+url',
      'one:url two:url three:url',
    ],
    end: 'one:url two:url three:url',
    problems: ['url: no place'],
  });
});

test('whoever fails gets nothing more in this run, and nothing is lost', async () => {
  expect(await delivered([0, 1], true)).toEqual({
    told: ['one', 'two'],
    left: [
      'one:url two:command+url three:command+url',
      'two:command+url three:command+url',
      'two:command three:command+url',
      'two:command three:command',
    ],
    end: 'two:command three:command',
    problems: ['command: `tell`: exit code 1'],
  });
});
