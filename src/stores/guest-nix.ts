import { sleep } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { GuestResult, Incus } from '../domain/services.js';
import { ProblemError } from '../domain/problem.js';
import { nixFailed } from './generations.js';

/** Nix in a running guest. `directory` is where its programs are: `''` stands for PATH. */
export type GuestNix = {
  readonly directory: string;
  /** What a program that only looks printed, both streams; its failure is a FailedProgram. */
  readonly query: Run;
  /** The same of one that changes something, the last of it. */
  readonly run: Run;
};

type Run = (program: string, args: readonly string[], limitMs: number) => Promise<string>;

/** NixOS has it in the system; a system without it leaves what else the image brought. */
const DIRECTORIES = ['/run/current-system/sw/bin/', ''];
const POLL_MS = 200;
const NOT_FOUND = 127;

/**
 * Resolves when the guest's Nix knows the system that it runs: an image that has just booted for the first time
 * still fills its database, and all of its store would look missing.
 */
export async function nixIn(incus: Incus, app: AppName, limitMs: number): Promise<GuestNix> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const tried: GuestResult[] = [];
    for (const directory of DIRECTORIES) {
      const command = [`${directory}nix-store`, '--check-validity', '/run/current-system'];
      const result = await incus.query(app, command, Math.max(1000, deadline - Date.now()));
      if (result.exitCode === 0) return { directory, ...runnersIn(incus, app, directory) };
      tried.push(result);
    }
    if (Date.now() > deadline) throw noAnswer(app, tried);
    await sleep(POLL_MS);
  }
}

function noAnswer(app: AppName, tried: readonly GuestResult[]): ProblemError {
  const found = tried.find(({ exitCode }) => exitCode !== NOT_FOUND);
  if (found === undefined) {
    const hint = 'a store of its own needs an image with Nix in it, and a system with nix.enable = true';
    return new ProblemError({
      code: 'guest-nix-missing',
      app,
      message: 'there is no Nix in the guest',
      hint,
    });
  }
  return nixFailed(app, "the guest's Nix does not know the system it runs", found.stderr);
}

function runnersIn(incus: Incus, app: AppName, directory: string): Pick<GuestNix, 'query' | 'run'> {
  const said = (program: string, exitCode: number, output: string) => {
    if (exitCode === 0) return output;
    throw nixFailed(app, `${program} failed in the guest (exit ${exitCode})`, output);
  };
  return {
    query: async (program, args, limitMs) => {
      const answer = await incus.query(app, [`${directory}${program}`, ...args], limitMs);
      return said(program, answer.exitCode, `${answer.stdout}\n${answer.stderr}`);
    },
    run: async (program, args, limitMs) => {
      const { exitCode, output } = await incus.exec(app, [`${directory}${program}`, ...args], limitMs);
      return said(program, exitCode, output);
    },
  };
}
