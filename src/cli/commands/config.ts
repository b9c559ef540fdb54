import { printManifest } from '../../manifest/print.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import type { Runtime } from '../../runtime/runtime.js';

/** The manifest with every default filled in, as TOML or JSON. */
export async function config(runtime: Runtime, options: { readonly json: boolean }): Promise<ExitCode> {
  const { manifest } = await runtime.project();
  runtime.output.write(printManifest(manifest, options.json ? 'json' : 'toml'));
  return EXIT.ok;
}
