import { expect, test } from '@jest/globals';
import { check, diagnose } from '../../src/doctor/check.js';
import { CHECKS } from '../../src/doctor/checks.js';
import type { World } from '../../src/doctor/world.js';
import { failed, ok } from '../../src/domain/finding.js';
import { ProblemError } from '../../src/domain/problem.js';

const never = () => new Promise<never>(() => undefined);
const world: World = {
  ask: never,
  exec: never,
  socket: '/nowhere/incus.socket',
  manifest: { kind: 'none', why: 'there is none' },
  folders: { profiles: '/nix/var/nix/profiles/per-pet', state: '/nowhere/state' },
  forwarders: never,
};

test('one that fails or hangs is not known, and holds up no other', async () => {
  const checks = [
    check(
      'fine',
      () => 1,
      () => ok('one'),
    ),
    check(
      'broken',
      () => Promise.reject(new ProblemError({ code: 'daemon-unreachable', message: 'no answer', hint: 'x' })),
      ok,
    ),
    check('hanging', never, ok),
    check(
      'bad',
      () => Promise.resolve('two'),
      (facts) => failed(facts, 'mend it'),
    ),
  ];
  expect(await diagnose(checks, world, 50)).toEqual([
    { check: 'fine', result: 'ok', found: 'one', fix: null },
    { check: 'broken', result: 'unknown', found: 'no answer', fix: null },
    { check: 'hanging', result: 'unknown', found: 'no answer within 0.05 s', fix: null },
    { check: 'bad', result: 'failed', found: 'two', fix: 'mend it' },
  ]);
});

test('with a daemon and programs that hang, what asks neither is told all the same', async () => {
  const found = await diagnose(CHECKS, world, 3000);
  const known = found.filter(({ result }) => result !== 'unknown').map((one) => one.check);
  expect(known).toEqual(expect.arrayContaining(['incus-socket', 'store-space', 'state']));
  expect(found.find((one) => one.check === 'incus')).toMatchObject({
    result: 'unknown',
    found: 'no answer within 3 s',
  });
});

test('each has a name of its own', () => {
  const names = CHECKS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
});
