import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';

/** Reads the manifest and its lock, and nothing else. */
export async function validate(runtime: Runtime): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  const count = manifest.apps.length;
  runtime.output.write(`project \`${manifest.project}\`: ${count} ${count === 1 ? 'app' : 'apps'}, valid\n`);
  return EXIT.ok;
}
