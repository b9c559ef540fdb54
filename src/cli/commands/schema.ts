import { manifestJsonSchema } from '../../manifest/json-schema.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { jsonText } from '../../ui/index.js';
import type { Runtime } from '../../runtime/runtime.js';

/** The JSON Schema of the manifest, for editors. */
export function schema({ output }: Runtime): Promise<ExitCode> {
  output.write(jsonText(manifestJsonSchema()));
  return Promise.resolve(EXIT.ok);
}
