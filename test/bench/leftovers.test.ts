import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { isLeft } from './leftovers.js';

const named = (pid: number) => `t${pid.toString(36)}0a1f-1-web`;

test('what a story left is told from what a running one has, and from what is anybody else’s', () => {
  const ended = spawnSync('true').pid;
  expect([named(ended), `${named(ended)}-app`].map(isLeft)).toEqual([true, true]);
  expect(isLeft(named(process.pid))).toBe(false);
  // A process that runs no tests has the number by now.
  expect(isLeft(named(1))).toBe(true);
  expect(['homelab', 'tea-1-pot', '_deployed', 'web', '', 't-1-x'].map(isLeft)).toEqual(Array(6).fill(false));
});
