import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_FACTS, type Facts } from '../domain/contract.js';
import type { Locked } from '../domain/manifest.js';
import { isStorePath } from '../domain/names.js';
import type { Evaluated } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';
import { blameValue } from './blame.js';
import { hintFor } from './hints.js';
import { inputsOf, type AssembledApp, type Inputs } from './inputs.js';
import { missingFrom } from './missing.js';
import { isCopy, placer, showPlaces } from './places.js';
import { pathOf, parameterOf } from './url.js';
import { failedEvaluation, type Blame } from './words.js';
import type { Tools } from './tools.js';
import type { Source } from '../domain/desired.js';

type Pins = Readonly<Record<string, Locked>>;

/** What is to be told of a flake by what can be seen of it. */
export type Judge = (facts: Facts) => readonly string[];

/** What is evaluated, and with what. `folder`: of this run's own. */
export type Evaluation = {
  readonly app: AssembledApp;
  readonly pins: Pins;
  readonly folder: string;
  readonly tools: Tools;
};

/** Evaluates the system of an app. */
export function assemble(evaluation: Evaluation, judge: Judge | null): Promise<Evaluated> {
  const { app } = evaluation;
  return withInputs(evaluation, async (evaluate, { pinned }) => {
    const judged = judge && app.source.kind !== 'config' ? await judgedBy(judge, app, evaluate) : null;
    const system =
      judged ?? systemIn(await evaluate('toplevel', ['--apply', `system: ${pathsOf('system')}`]), app);
    return isUnpinned(app, pinned, evaluate.notes()) ? { ...system, isUnpinned: true } : system;
  });
}

const pathsOf = (system: string) => `{ drv = ${system}.drvPath; toplevel = ${system}.outPath; }`;

/** Null: not all of it can be seen. Then the system alone is asked for, which says whose fault it is. */
async function judgedBy(judge: Judge, app: AssembledApp, evaluate: Evaluate): Promise<Evaluated | null> {
  const whole = `found: ${pathsOf('found.toplevel')} // { inherit (found) facts; }`;
  const judged = await evaluate('judged', ['--apply', whole]).catch((error: unknown) => {
    if (error instanceof ProblemError) return null;
    throw error;
  });
  if (judged === null) return null;
  const { facts } = judged as { readonly facts: Partial<Facts> };
  return { ...systemIn(judged, app), warnings: judge({ ...NO_FACTS, ...facts }) };
}

/** A flake can say anything: what is no store path is given to no program. */
function systemIn(value: unknown, app: AssembledApp): Evaluated {
  const { drv, toplevel } = (value ?? {}) as { readonly drv?: unknown; readonly toplevel?: unknown };
  if (typeof drv === 'string' && typeof toplevel === 'string' && isStorePath(drv) && isStorePath(toplevel))
    return { drv, toplevel };
  throw new ProblemError({
    code: 'system-invalid',
    message: `\`${writtenOf(app)}\`: its system is no derivation`,
    hint: 'something in it sets `system.build.toplevel` to another thing',
  });
}

/** The name that the flake suggests for the app; where it says none, the app's own. */
export function suggestedName(evaluation: Evaluation): Promise<string> {
  return withInputs(evaluation, async (evaluate) => (await evaluate('hostname')) as string);
}

/** As version numbers are written: it is shown, and compared. */
const VERSION = /^[\w.+~-]{1,64}$/;

/** The version that the app says it has; null: it says none. */
export function ownVersion(evaluation: Evaluation): Promise<string | null> {
  return withInputs(evaluation, async (evaluate) => {
    const version = await evaluate('version');
    return typeof version === 'string' && VERSION.test(version) ? version : null;
  });
}

/** Evaluates an output of the assembling flake: what its JSON holds. Rejects with Nix' words. */
export type Evaluate = {
  (output: string, more?: readonly string[]): Promise<unknown>;
  /** What Nix noted by the way, of the last one that went well. */
  readonly notes: () => string;
};

/** Gathers the inputs of an app's system, for as long as `work` evaluates with them. */
export async function withInputs<T>(
  { app, pins, folder, tools }: Evaluation,
  work: (evaluate: Evaluate, inputs: Inputs) => Promise<T>,
): Promise<T> {
  const gathered = await mkdtemp(join(folder, 'evaluation-'));
  try {
    const inputs = await inputsOf({ app, pins, work: gathered, ...tools });
    const overrides = Object.entries(inputs.urls).flatMap(([name, url]) => ['--override-input', name, url]);
    const shown = readable(inputs, gathered, tools);
    let notes = '';
    const evaluate = async (output: string, more: readonly string[] = []) => {
      const installable = `${tools.assembler}#${output}`;
      const args = ['--json', '--no-write-lock-file', ...more, ...overrides, '--', installable];
      const result = await tools.nix(['eval', ...args]);
      if (result.exitCode === 0) {
        notes = result.stderr;
        return JSON.parse(result.stdout) as unknown;
      }
      const blame = await blameOn(app, result.stderr, inputs, tools);
      throw failedEvaluation(`\`${writtenOf(app)}\` does not evaluate`, result, shown, blame);
    };
    return await work(Object.assign(evaluate, { notes: () => notes }), inputs);
  } finally {
    await rm(gathered, { recursive: true, force: true });
  }
}

/** Nix' words with files by the names that people know. */
function readable(
  { root, copied }: Inputs,
  gathered: string,
  { assembler }: Tools,
): (words: string) => string {
  const own = pathOf(assembler);
  const placed = placer([...copied, { folder: own, mark: 'system.nix', original: own }]);
  const unstaging = (words: string) => (root === null ? words : showPlaces(words, gathered, root));
  return (words) => placed(unstaging(words)).replaceAll(gathered, '');
}

function writtenOf({ source }: AssembledApp): string {
  return source.kind === 'config' ? source.file.written : source.ref.written;
}

async function blameOn(
  app: AssembledApp,
  stderr: string,
  { copied }: Inputs,
  { ignored, exec }: Tools,
): Promise<Blame> {
  const { source } = app;
  const own =
    source.kind === 'local' ? copied.filter(({ original }) => original === source.ref.directory) : [];
  const isOwn = (storePath: string) => own.some((copy) => isCopy(storePath, copy));
  const missing =
    source.kind === 'local' ? await missingFrom(stderr, source.ref, { isOwn, ignored, exec }) : null;
  return (words) => {
    const path = blameValue(words, app.name, app.nixos);
    const hint = hintFor(words, app, { missing, isOwn });
    return { ...(path && { path }), ...(hint !== null && { hint }) };
  };
}

/**
 * Whether the same sources may come to another system next time. `pinned`: the inputs of the app's flake that a lock
 * pins; `notes`: Nix', which name each input that it resolved.
 */
export function isUnpinned(app: AssembledApp, pinned: readonly string[], notes: string): boolean {
  const resolved = [...notes.matchAll(/^• Added input 'app\/([^'/]+)'/gm)].map(([, name = '']) => name);
  const sources = app.source.kind === 'config' ? [app.nixpkgs] : [app.source, app.nixpkgs];
  return resolved.some((name) => !pinned.includes(name)) || sources.some(followsTree);
}

/** Of a repository as it is checked out Nix sees more than its files: the commit, its time, submodules. */
function followsTree({ ref: { url } }: Source): boolean {
  return url.startsWith('git+file:') && parameterOf(url, 'rev') === null && parameterOf(url, 'ref') === null;
}
