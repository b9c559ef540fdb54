#!/usr/bin/env node
/**
 * `sops` for machines that cannot install it: decrypts files of its format with age, through a library that was not
 * written for pets, and prints as it does: a string as it is, any other value as YAML with its newline.
 * Takes what pets gives it and nothing else.
 */
import { decryptSops } from 'sops-age';

const [decrypt, extract, steps, path, ...more] = process.argv.slice(2);
if (decrypt !== '--decrypt' || extract !== '--extract' || !steps || !path || more.length > 0) {
  console.error('usage: sops --decrypt --extract STEPS FILE');
  process.exit(1);
}
try {
  const tree = await decryptSops({ path });
  const value = JSON.parse(`[${steps.slice(1, -1).replaceAll('][', ',')}]`).reduce(stepInto, tree);
  process.stdout.write(typeof value === 'string' ? value : `${JSON.stringify(value)}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(128);
}

/** @param {any} value @param {string | number} step */
function stepInto(value, step) {
  if (value === null || typeof value !== 'object' || !(step in value))
    throw new Error(`component [${JSON.stringify(step)}] not found`);
  return value[step];
}
