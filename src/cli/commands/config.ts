import { printManifest } from '../../manifest/print.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Context, GlobalOptions } from '../../runtime/context.js';
import { readProject } from '../../runtime/project.js';

/** The manifest with every default filled in, as TOML or JSON. */
export async function config(
  options: GlobalOptions & { readonly json: boolean },
  context: Context,
): Promise<ExitCode> {
  const { manifest } = await readProject(context, options.file);
  context.stdout.write(printManifest(manifest, options.json ? 'json' : 'toml'));
  return EXIT.ok;
}
