import { lstatSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { DEPLOYED } from '../domain/labels.js';
import { EXIT, ProblemError, type Problem } from '../domain/problem.js';
import type { SavedPlan } from '../domain/saved-plan.js';
import { MODES, replaceFile } from '../lib/files.js';
import { kindOf, readRegular, UnfitFile } from '../lib/regular-file.js';
import { parseSavedPlan, printSavedPlan } from '../state/saved-plan.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';
import { savedPlan, type Planned } from './saved-plan.js';
import { shellWord } from './typed.js';

/** Bytes of a saved plan: four times what the upgrade of two hundred apps with volumes comes to. */
export const MOST_PLAN = 32 * 2 ** 20;

/** In place of a file: standard output. */
export const TO_STDOUT = '-';

type Place = Pick<Runtime, 'cwd'>;

/** Saves a plan, and says what to do with it. `file` may be TO_STDOUT. */
export async function savePlan(
  runtime: Pick<Runtime, 'cwd' | 'file' | 'output'>,
  file: string,
  planned: Planned,
): Promise<void> {
  const { output } = runtime;
  const text = printSavedPlan(await savedPlan(planned, manifestNamed(runtime, planned.project)));
  if (file === TO_STDOUT) {
    output.write(text);
    return;
  }
  await write(runtime, file, text);
  output.notice('note', `saved; \`pets up --plan ${shellWord(file)}\` does exactly this, or nothing`);
}

/** As it was typed, or found; null: there is none. */
function manifestNamed({ file }: Pick<Runtime, 'file'>, { path }: Project): string | null {
  if (file === DEPLOYED) return null;
  return file ?? (path === null ? null : basename(path));
}

/** Whole or not at all, for its owner alone. Nothing but an older plan is ever overwritten. */
async function write({ cwd }: Place, file: string, text: string): Promise<void> {
  const path = placeFor(resolve(cwd, file), file);
  try {
    await replaceFile(path, text, { mode: MODES.private.file });
  } catch (error) {
    throw refuse({ code: 'file-unwritable', message: `cannot write ${file}: ${wordsOf(error)}` });
  }
}

/** Where it is written: what a link leads to, as far as that is there. */
function placeFor(path: string, file: string): string {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (!there) return path;
  if (!there.isFile() && !there.isSymbolicLink())
    throw refuse({ code: 'file-unwritable', message: `${file} is ${kindOf(there)}, not a regular file` });
  const target = targetOf(path, file);
  if (isReplaceable(target)) return target;
  throw refuse({
    code: 'file-exists',
    message: `${file} is there, and is no plan of pets`,
    hint: 'delete it, or name another file',
  });
}

function targetOf(path: string, file: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw refuse({ code: 'file-unwritable', message: `cannot write ${file}: ${wordsOf(error)}` });
  }
}

/** A plan, even one that was edited since; or a file that was made for one. */
function isReplaceable(path: string): boolean {
  try {
    const text = readRegular(path, MOST_PLAN).toString();
    return text === '' || /"format": *"pets-plan"/.test(text);
  } catch {
    return false;
  }
}

/** The plan that a file holds. Who wrote it nobody knows: only what `up` finds again is carried out. */
export function readPlan({ cwd }: Place, file: string): SavedPlan {
  const read = parseSavedPlan(textOf(resolve(cwd, file), file));
  if (read.ok) return read.saved;
  const hint = '`pets diff --out` saves one';
  const problem: Problem = read.isNewer
    ? { code: 'plan-newer', message: `${file} ${read.why}`, hint: 'update pets, or plan anew with this one' }
    : { code: 'plan-damaged', message: `${file} ${read.why}`, hint };
  throw new ProblemError(problem, EXIT.stale);
}

function textOf(path: string, file: string): string {
  try {
    return readRegular(path, MOST_PLAN).toString();
  } catch (error) {
    const message =
      error instanceof UnfitFile ? `${file} ${error.message}` : `cannot read ${file}: ${wordsOf(error)}`;
    throw refuse({ code: 'file-unreadable', message });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EACCES: 'its permissions forbid it',
};

function wordsOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

function refuse(problem: Problem): ProblemError {
  return new ProblemError(problem, EXIT.usage);
}
