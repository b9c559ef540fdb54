import type { FlakesFacts, ProgramFacts, StoreFacts } from './nix-verdicts.js';
import { orProblem, type World } from './world.js';

/** As pets itself calls it. */
const FLAKES = ['--extra-experimental-features', 'nix-command flakes'];

export async function program({ exec }: World): Promise<ProgramFacts> {
  const found = await orProblem(exec('nix', ['--version']));
  return 'problem' in found ? found : { said: found.stdout };
}

export async function flakes({ exec }: World): Promise<FlakesFacts> {
  const [probe, settings] = await Promise.all([
    exec('nix', [...FLAKES, 'eval', '--expr', 'builtins ? getFlake']),
    // Without the options: it tells them as if they had been set.
    exec('nix', ['show-config']),
  ]);
  const features = /^experimental-features = (.*)$/m.exec(settings.stdout)?.[1] ?? '';
  return {
    works: probe.exitCode === 0 && probe.stdout.trim() === 'true',
    said: probe.stderr,
    isEnabled: settings.exitCode === 0 && features.split(' ').includes('flakes'),
  };
}

export async function store({ exec }: World): Promise<StoreFacts> {
  const { exitCode, stderr } = await exec('nix', [...FLAKES, 'store', 'ping']);
  return { answers: exitCode === 0, said: stderr };
}
