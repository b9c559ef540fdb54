import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locked } from '../model.js';
import type { Evaluated, Exec, ExecResult } from '../ports.js';
import { blamed } from './blame.js';
import { hintFor } from './hints.js';
import { inputsOf, unstaged, type AssembledApp } from './inputs.js';
import { failedEvaluation, type Blame } from './words.js';

export type Tools = {
  readonly exec: Exec;
  readonly nix: (args: readonly string[]) => Promise<ExecResult>;
  /** `nix flake metadata --json` of a URL. */
  readonly metadata: (url: string, ...more: readonly string[]) => Promise<string>;
  /** URL of the flake that puts a pet's system together. */
  readonly assembler: string;
  /** Files that are part of no source, see source.ts. */
  readonly ignored: ReadonlySet<string>;
};

type Pins = Readonly<Record<string, Locked>>;

/** Evaluates the system of an app. `folder`: of this run's own. */
export async function assemble(
  app: AssembledApp,
  pins: Pins,
  folder: string,
  tools: Tools,
): Promise<Evaluated> {
  const apply = 'system: { drv = system.drvPath; toplevel = system.outPath; }';
  return (await evaluated(app, pins, folder, tools, ['toplevel', apply])) as Evaluated;
}

/** The name that the flake suggests for the app; where it says none, the app's own. */
export async function suggestedName(
  app: AssembledApp,
  pins: Pins,
  folder: string,
  tools: Tools,
): Promise<string> {
  return (await evaluated(app, pins, folder, tools, ['hostname', 'name: name'])) as string;
}

/** `what`: an output of the assembling flake, and a function of it. */
async function evaluated(
  app: AssembledApp,
  pins: Pins,
  folder: string,
  tools: Tools,
  [output, apply]: readonly [output: string, apply: string],
): Promise<unknown> {
  const work = await mkdtemp(join(folder, 'evaluation-'));
  try {
    const { urls, root } = await inputsOf({ app, pins, work, ...tools });
    const result = await tools.nix([
      ...['eval', '--json', '--no-write-lock-file', `${tools.assembler}#${output}`, '--apply', apply],
      ...Object.entries(urls).flatMap(([input, url]) => ['--override-input', input, url]),
    ]);
    if (result.exitCode === 0) return JSON.parse(result.stdout) as unknown;
    const stderr = root === null ? result.stderr : unstaged(result.stderr, work, root);
    const what = `\`${writtenOf(app)}\` does not evaluate`;
    throw failedEvaluation(what, { ...result, stderr }, work, blameOn(app));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function writtenOf({ source }: AssembledApp): string {
  return source.kind === 'config' ? source.file.written : source.ref.written;
}

function blameOn(app: AssembledApp): Blame {
  return (words) => {
    const path = blamed(words, app.name, app.nixos);
    const hint = hintFor(words, app);
    return { ...(path && { path }), ...(hint !== null && { hint }) };
  };
}
