import { manifestJsonSchema } from '../../manifest/json-schema.js';
import { EXIT, type ExitCode } from '../../domain/problem.js';
import { jsonText } from '../../ui/index.js';
import type { Context } from '../../runtime/context.js';

/** The JSON Schema of the manifest, for editors. */
export function schema({ stdout }: Context): Promise<ExitCode> {
  stdout.write(jsonText(manifestJsonSchema()));
  return Promise.resolve(EXIT.ok);
}
