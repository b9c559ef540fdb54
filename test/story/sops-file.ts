import { Encrypter, armor, generateIdentity, identityToRecipient } from 'age-encryption';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { buildSync } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Tree = { readonly [name: string]: Tree | Leaf | readonly Leaf[] };
type Leaf = string | number;

/** One who can read sops files: `identity` goes into the file that SOPS_AGE_KEY_FILE names. */
export async function ageKey(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** A `sops` in a folder that is to stand in PATH; bundled, as reading TypeScript takes longer than all that it does. */
export function writeSops(folder: string): void {
  const program = join(folder, 'sops.mjs');
  const entryPoints = [join(import.meta.dirname, 'sops.ts')];
  // Packages of CommonJS within it ask for `require`.
  const js = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
  buildSync({
    ...{ entryPoints, outfile: program, banner: { js } },
    ...{ bundle: true, platform: 'node', format: 'esm' },
  });
  writeFileSync(join(folder, 'sops'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
}

/** A file as `sops encrypt --age RECIPIENT` makes it; JSON, which is YAML too. */
export async function sopsFile(tree: Tree, recipient: string): Promise<string> {
  const key = randomBytes(32);
  const digest = createHash('sha512');
  const encrypted = encryptTree(tree, [], { key, digest });
  const lastmodified = `${new Date().toISOString().slice(0, 19)}Z`;
  const mac = encrypt(digest.digest('hex').toUpperCase(), lastmodified, key);
  const age = new Encrypter();
  age.addRecipient(recipient);
  const enc = armor.encode(await age.encrypt(key));
  const sops = { age: [{ recipient, enc }], lastmodified, mac, unencrypted_suffix: '_unencrypted' };
  return JSON.stringify({ ...encrypted, sops: { ...sops, version: '3.9.0' } }, null, 2);
}

type Keys = { readonly key: Uint8Array; readonly digest: { update(text: string): unknown } };

/** The path of names is bound to each value; elements of a list have their list's. */
function encryptTree(tree: Tree, above: readonly string[], keys: Keys): Record<string, unknown> {
  const leaf = (value: Leaf, path: readonly string[]): string => {
    keys.digest.update(String(value));
    return encrypt(value, path.map((name) => `${name}:`).join(''), keys.key);
  };
  const entries = Object.entries(tree).map(([name, value]) => {
    const path = [...above, name];
    if (Array.isArray(value)) return [name, value.map((each: Leaf) => leaf(each, path))] as const;
    if (typeof value === 'object') return [name, encryptTree(value as Tree, path, keys)] as const;
    return [name, leaf(value, path)] as const;
  });
  return Object.fromEntries<unknown>(entries);
}

function encrypt(value: Leaf, bound: string, key: Uint8Array): string {
  const iv = randomBytes(32);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound));
  const data = Buffer.concat([cipher.update(String(value)), cipher.final()]).toString('base64');
  const type = typeof value === 'string' ? 'str' : 'int';
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
}
