import { expect, test } from '@jest/globals';
import { execCommand } from '../../../src/incus/client/enter.js';

test('programs are looked for in the system that runs, in that which is about to boot, and where Incus looks', () => {
  const command = execCommand('web', ['ls', '-l'], { terminal: false });
  const path = command[command.indexOf('--env') + 1] ?? '';
  expect(path).toMatch(
    /^PATH=\/run\/wrappers\/bin:\/run\/current-system\/sw\/bin:\/nix\/var\/nix\/profiles\/system\/sw\/bin:.*:\/bin$/,
  );
  expect(command.slice(-4)).toEqual(['local:web', '--', 'ls', '-l']);
});
