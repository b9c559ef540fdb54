import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Context, GlobalOptions } from '../../runtime/context.js';
import { readProject } from '../../runtime/project.js';

/** Reads the manifest and its lock, and nothing else. */
export async function validate(options: GlobalOptions, context: Context): Promise<ExitCode> {
  const { manifest } = await readProject(context, options.file);
  const count = manifest.apps.length;
  context.stdout.write(`project \`${manifest.project}\`: ${count} ${count === 1 ? 'app' : 'apps'}, valid\n`);
  return EXIT.ok;
}
