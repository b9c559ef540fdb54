import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GeneratedSecrets, SecretValues } from '../../domain/services.js';
import { keep, read, unusable } from './kept.js';

/** What is generated in `directory`, a project's, and beside it what a restore is about to put there. */
export function generatedIn(directory: string): GeneratedSecrets {
  const kept = join(directory, 'generated');
  const staged = join(directory, 'restoring');
  return {
    of: (app) => valuesIn(kept, `${app}.`),
    keep: (app, values) => keepAll(kept, `${app}.`, values),
    stage: async (app, id, values) => {
      if (values.size > 0) await keepAll(staged, `${app}.${id}.`, values);
    },
    commit: async (app, id) => keepAll(kept, `${app}.`, await valuesIn(staged, `${app}.${id}.`)),
    isStaged: async () => (await namesIn(staged)).length > 0,
    unstage: () => rm(staged, { recursive: true, force: true }),
  };
}

/** Of files whose names are a prefix, which ends in a dot, and the secret's name. No app's name, nor an id, has a dot. */
async function valuesIn(folder: string, prefix: string): Promise<SecretValues> {
  const values = new Map<string, Uint8Array>();
  for (const name of await namesIn(folder)) {
    const value = name.startsWith(prefix) ? await read(join(folder, name)) : null;
    if (value) values.set(name.slice(prefix.length), value);
  }
  return values;
}

async function keepAll(folder: string, prefix: string, values: SecretValues): Promise<void> {
  for (const [name, value] of values) await keep(join(folder, `${prefix}${name}`), value);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // A folder that there cannot be has nothing in it either.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR'].includes(code)) return [];
    throw unusable('read', folder, error);
  }
}
