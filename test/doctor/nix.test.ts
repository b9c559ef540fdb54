import { expect, test } from '@jest/globals';
import { flakes, store } from '../../src/doctor/nix.js';
import type { World } from '../../src/doctor/world.js';
import type { ExecResult } from '../../src/lib/program.js';

/** Names that some release has and another has not, or warns of. */
const RENAMED = [/^nix show-config/, /^nix .*store ping/, /^nix config show/, /^nix .*store info/];

/** A Nix that has no name which was ever changed. */
function nixWith(answers: Readonly<Record<string, string>>): World {
  const exec = (command: string, args: readonly string[]): Promise<ExecResult> => {
    const line = [command, ...args].join(' ');
    if (RENAMED.some((name) => name.test(line)))
      return Promise.resolve({ exitCode: 1, stdout: '', stderr: 'error: not a recognised command\n' });
    const stdout = Object.entries(answers).find(([part]) => line.includes(part))?.[1] ?? '';
    return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
  };
  return { exec } as unknown as World;
}

test('what is asked of Nix has had one name in all its releases', async () => {
  const enabled = nixWith({ 'builtins ? getFlake': 'true\n' });
  expect(await flakes(enabled)).toEqual({ works: true, said: '', isEnabled: true });
  expect(await store(enabled)).toEqual({ answers: true, said: '' });
});

test('flakes that pets turns on for itself are not enabled', async () => {
  const off = nixWith({ '--extra-experimental-features': 'true\n', 'builtins ? getFlake': 'false\n' });
  expect(await flakes(off)).toMatchObject({ works: true, isEnabled: false });
});
