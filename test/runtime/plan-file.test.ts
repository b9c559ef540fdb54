import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, ProblemError } from '../../src/domain/problem.js';
import { MOST_PLAN, readPlan, savePlan } from '../../src/runtime/plan-file.js';
import { actualOf, desired, planned, type World } from '../planner/worlds.js';

const WORLD: World = { want: ['a 81'], have: ['a 80'] };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pets-plan-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const told: string[] = [];

async function save(file: string): Promise<void> {
  const choice = { apps: null, prune: false, recreate: false, retry: false, strict: false };
  const project = { path: '/srv/pets.toml', secrets: { isNew: () => false } };
  const made = {
    plan: planned(WORLD),
    desired: desired(WORLD.want),
    actual: actualOf(WORLD),
    choice,
    project,
  };
  const output = {
    write: (text: string) => told.push(text),
    notice: (_: string, text: string) => told.push(text),
  };
  const runtime = { cwd: folder, file: undefined, output } as unknown as Parameters<typeof savePlan>[0];
  await savePlan(runtime, file, made as unknown as Parameters<typeof savePlan>[2]);
}

/** The problem of what must fail, with its exit code. */
async function refused(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return `${error.exitCode} ${error.problems[0]?.code ?? ''}: ${error.problems[0]?.message ?? ''}`;
  }
  throw new Error('it should have been refused');
}

describe('a plan is written', () => {
  test('whole, for its owner alone, over an older one, and says what to do with it', async () => {
    await save('the plan.json');
    const text = readFileSync(at('the plan.json'), 'utf8');
    expect(told.at(-1)).toContain("`pets up --plan 'the plan.json'`");
    expect(statSync(at('the plan.json')).mode & 0o777).toBe(0o600);
    expect(readPlan({ cwd: folder }, 'the plan.json')).toMatchObject({ manifest: 'pets.toml' });
    await save('the plan.json');
    expect(readFileSync(at('the plan.json'), 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['the plan.json']);
    await save('-');
    expect(told.at(-1)).toBe(text);
  });

  test('through a link, which stays one', async () => {
    writeFileSync(at('real'), '');
    symlinkSync('real', at('link'));
    await save('link');
    expect(readdirSync(folder)).toEqual(['link', 'real']);
    expect(readFileSync(at('real'), 'utf8')).toContain('pets-plan');
  });

  test.each([
    [
      'a manifest',
      () => {
        writeFileSync(at('x'), 'project = "p"\n');
      },
      '64 file-exists: x is there, and is no plan of pets',
    ],
    [
      'a folder',
      () => {
        mkdirSync(at('x'));
      },
      '64 file-unwritable: x is a folder, not a regular file',
    ],
    ['a named pipe', () => execFileSync('mkfifo', [at('x')]), '64 file-unwritable: x is a named pipe'],
    [
      'a link that leads nowhere',
      () => {
        symlinkSync('gone', at('x'));
      },
      '64 file-unwritable: cannot write x: there is no such file',
    ],
  ])('not over %s', async (_, make, words) => {
    make();
    const before = readdirSync(folder);
    expect(await refused(() => save('x'))).toContain(words);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('nor below what is not there', async () => {
    expect(await refused(() => save('no/x'))).toBe(
      '64 file-unwritable: cannot write no/x: there is no such file',
    );
  });
});

describe('a plan is read', () => {
  test.each([
    [
      'what is not there',
      () => undefined,
      `${EXIT.usage} file-unreadable: cannot read x: there is no such file`,
    ],
    [
      'a folder',
      () => {
        mkdirSync(at('x'));
      },
      '64 file-unreadable: x is a folder, not a regular file',
    ],
    ['a named pipe', () => execFileSync('mkfifo', [at('x')]), '64 file-unreadable: x is a named pipe'],
    [
      'an empty file',
      () => {
        writeFileSync(at('x'), '');
      },
      `${EXIT.stale} plan-damaged: x is no plan of pets`,
    ],
    [
      'bytes',
      () => {
        writeFileSync(at('x'), Buffer.from([0xff, 0x1b, 0x00]));
      },
      '5 plan-damaged: x is no plan of pets',
    ],
    [
      'one of a later pets',
      () => {
        writeFileSync(at('x'), '{"format":"pets-plan","version":3}');
      },
      '5 plan-newer: x has version 3',
    ],
    [
      'a huge one',
      () => {
        writeFileSync(at('x'), '');
        truncateSync(at('x'), MOST_PLAN + 1);
      },
      '64 file-unreadable: x has 32.0 MiB, and at most 32.0 MiB are read',
    ],
  ])('but not %s', async (_, make, words) => {
    make();
    expect(await refused(() => readPlan({ cwd: folder }, 'x'))).toContain(words);
  });
});
