import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ROOT, TYPESCRIPT } from '../../support/places.js';
import { cacheDir } from '../run.js';
import { cgroup2 } from './cgroup.js';
import { removeEnded } from './place.js';

/** The machine's own root does as well as any other: what is written to it from inside is forgotten. */
const PROGRAM = `
  import { enter } from ${JSON.stringify(join(import.meta.dirname, 'enter.ts'))};
  const [userland, script] = process.argv.slice(1);
  process.exitCode = await enter({ root: '/', userland }, ['sh', '-euc', script]);
`;

describe('a root that is entered', () => {
  const userland = mkdtempSync(join(tmpdir(), 'pets-userland-'));
  afterAll(() => {
    rmSync(userland, { recursive: true });
  });

  function entered(script: string) {
    const args = [...TYPESCRIPT, '--input-type=module', '--eval', PROGRAM, userland, script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const heard = new Promise((resolve) => {
      const hear = (chunk: Buffer) => {
        text += chunk.toString();
        resolve(undefined);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
    const ended = new Promise<{ code: number | null; text: string; left: string[] }>((resolve) => {
      child.once('close', (code) => {
        resolve({ code, text: text.trim(), left: leftOf(child.pid) });
      });
    });
    return { child, heard, ended };
  }

  const leftOf = (pid = 0) =>
    [...readdirSync(cacheDir()), ...readdirSync(cgroup2())].filter((name) => name === `pets-matrix-${pid}`);

  test('sees only what is in there, and nothing of what it did is left', async () => {
    const mark = `/etc/pets-${process.pid}`;
    const script = `if kill -0 ${process.pid}; then echo seen; fi; ls /nix /var/lib/incus; ip -o link | wc -l; touch ${mark}; sleep 600 & exit 7`;
    const { code, text, left } = await entered(script).ended;
    expect(code).toBe(7);
    expect(left).toEqual([]);
    expect(existsSync(mark)).toBe(false);
    expect(text).not.toContain('seen');
    expect(text).toMatch(/\/nix:\n\n\/var\/lib\/incus:\n1$/m);
  });

  test('cannot change the repository, but has a bench of its own in it', async () => {
    const { text, code } = await entered('touch test/bench/.cache/x; touch package.json; true').ended;
    expect(text).toMatch(/package\.json.*Read-only/);
    expect(code).toBe(1);
    expect(existsSync(join(ROOT, 'test/bench/.cache/x'))).toBe(false);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends all that runs in there', async (signal) => {
    const { child, heard, ended } = entered('trap "" INT TERM; setsid sleep 600 & echo up; wait');
    await heard;
    child.kill(signal);
    const { code, left } = await ended;
    expect({ code, left }).toEqual({ code: 137, left: [] });
  });

  test('a kill of what entered it ends all as well; what it left is removed by the next one', async () => {
    const { child, heard, ended } = entered('setsid sleep 600 & echo up; wait');
    await heard;
    child.kill('SIGKILL');
    // The pipe that `sleep` has from us is closed once it is gone.
    const { left } = await ended;
    expect(left).toHaveLength(2);
    await removeEnded();
    expect(leftOf(child.pid)).toEqual([]);
  });
});
