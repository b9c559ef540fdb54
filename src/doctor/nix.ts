import type { FlakesFacts, ProgramFacts, StoreFacts } from './nix-verdicts.js';
import { orProblem, type World } from './world.js';

/** As pets itself calls it. */
const FLAKES = ['--extra-experimental-features', 'nix-command flakes'];
/** It is only there where flakes are enabled. */
const HAS_FLAKES = 'builtins ? getFlake';
/** No store has it, and each that answers says so. */
const NOWHERE = `/nix/store/${'0'.repeat(32)}-pets-doctor`;

export async function program({ exec }: World): Promise<ProgramFacts> {
  const found = await orProblem(exec('nix', ['--version']));
  return 'problem' in found ? found : { said: found.stdout };
}

// Of the `nix` command, names have changed between releases (`show-config`, `store ping`), and the old ones warn.
// Those of nix-instantiate and nix-store have not.

export async function flakes({ exec }: World): Promise<FlakesFacts> {
  const [probe, own] = await Promise.all([
    exec('nix', [...FLAKES, 'eval', '--expr', HAS_FLAKES]),
    exec('nix-instantiate', ['--eval', '--expr', HAS_FLAKES]),
  ]);
  return {
    works: probe.exitCode === 0 && probe.stdout.trim() === 'true',
    said: probe.stderr,
    isEnabled: own.exitCode === 0 && own.stdout.trim() === 'true',
  };
}

export async function store({ exec }: World): Promise<StoreFacts> {
  const { exitCode, stderr } = await exec('nix-store', ['--check-validity', '--print-invalid', NOWHERE]);
  return { answers: exitCode === 0, said: stderr };
}
