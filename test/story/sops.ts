/**
 * `sops` for machines that cannot install it: decrypts files of its format with age, through a library that was not
 * written for pets, and prints as it does: a string as it is, any other value as YAML with its newline.
 * Takes what pets gives it and nothing else.
 */
import { decryptSops } from 'sops-age';

type Step = string | number;

const [decrypt, extract, steps = '', path = '', ...more] = process.argv.slice(2);
if (decrypt !== '--decrypt' || extract !== '--extract' || steps === '' || path === '' || more.length > 0) {
  process.stderr.write('usage: sops --decrypt --extract STEPS FILE\n');
  process.exit(1);
}
try {
  const tree: unknown = await decryptSops({ path });
  const way = JSON.parse(`[${steps.slice(1, -1).replaceAll('][', ',')}]`) as readonly Step[];
  const value = way.reduce(stepInto, tree);
  process.stdout.write(typeof value === 'string' ? value : `${JSON.stringify(value)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(128);
}

function stepInto(value: unknown, step: Step): unknown {
  if (value === null || typeof value !== 'object' || !(step in value))
    throw new Error(`component [${JSON.stringify(step)}] not found`);
  return (value as Readonly<Record<Step, unknown>>)[step];
}
