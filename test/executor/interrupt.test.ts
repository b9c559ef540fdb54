import { expect, test } from '@jest/globals';
import { results, run, said } from './recording.js';

const TWO = { want: ['a 80 source=b', 'b 81 source=b'], have: ['a 80', 'b 81'] };

test('Ctrl-C: nothing new starts, what runs is finished, and it is said what is left', async () => {
  const stop = new AbortController();
  const during = (call: string) => {
    if (call.startsWith('guest.activate a')) stop.abort();
  };
  const recorded = await run(TWO, { stop: stop.signal, during });
  const at = recorded.calls.findIndex((call) => call.startsWith('guest.activate a'));
  expect(recorded.calls.slice(at)).toEqual([
    'guest.activate a /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-a auto 1000',
    'guest.activate b /nix/store/wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww-b auto 1000',
  ]);
  expect(said(recorded, 'finished').slice(-2)).toEqual(['a/activate', 'b/activate']);
  expect(said(recorded, 'skipped').sort()).toEqual([
    'a/collect',
    'a/record',
    'a/settle',
    'b/collect',
    'b/record',
    'b/settle',
  ]);
  expect(results(recorded)).toEqual([
    'a interrupted (the run was stopped)',
    'b interrupted (the run was stopped)',
  ]);
  expect(recorded.outcome.interrupted).toBe(true);
  expect(recorded.events.filter((event) => event.kind === 'interrupted')).toMatchObject([{ running: 2 }]);
});

test('what waits for a slot does not start either', async () => {
  const stop = new AbortController();
  const during = () => {
    stop.abort();
  };
  const recorded = await run(TWO, { stop: stop.signal, during, limits: { evaluate: 1 } });
  expect(recorded.calls).toEqual(['nix.evaluate a']);
});

test('the run ends only when what was running has ended', async () => {
  const stop = new AbortController();
  let ended = false;
  const during = async () => {
    stop.abort();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    ended = true;
  };
  await run({ want: ['web'] }, { stop: stop.signal, during });
  expect(ended).toBe(true);
});

test('stopped before it began: nothing is done, and what was as it should be is unchanged', async () => {
  const recorded = await run({ want: ['a 80', 'b 81'], have: ['b 81'] }, { stop: AbortSignal.abort() });
  expect(recorded.calls).toEqual([]);
  expect(results(recorded)).toEqual(['a interrupted (the run was stopped)', 'b unchanged']);
  expect(recorded.outcome.interrupted).toBe(true);
});

test('an app that had ended stays done; one that fails while draining is failed', async () => {
  const stop = new AbortController();
  const during = (call: string) => {
    if (call.startsWith('guest.settle')) stop.abort();
  };
  const fails = { 'guest.settle b': 'sshd.service failed' };
  const recorded = await run({ want: ['a 80', 'b'], have: ['a 81'] }, { stop: stop.signal, during, fails });
  expect(results(recorded)).toEqual(['a done', 'b failed (b/settle: sshd.service failed)']);
});
