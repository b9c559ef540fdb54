import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorePath } from '../domain/names.js';
import type { Evaluated } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import { FailedProgram, ProblemError, type KeyPath } from '../domain/problem.js';

/** A system that is there already, or comes from a substituter. `root`: a link that keeps it from being collected. */
export async function readyMade(path: StorePath, key: KeyPath, root: string, exec: Exec): Promise<Evaluated> {
  const result = await exec('nix-store', ['--realise', path, '--add-root', root, '--indirect']);
  if (result.exitCode !== 0) {
    throw new FailedProgram(
      {
        code: 'system-missing',
        data: { path },
        message: `${path} is not in this host's store, and no substituter has it`,
        path: key,
        hint: 'build it here, or copy it here with `nix copy`',
      },
      result.stderr.split('\n'),
    );
  }
  for (const file of ['init', 'bin/switch-to-configuration']) {
    if (await isProgram(join(path, file))) continue;
    const hint = 'what is wanted is `config.system.build.toplevel` of a NixOS system';
    throw new ProblemError({
      code: 'system-invalid',
      data: { path },
      message: `${path} is no system: it has no program ${file}`,
      path: key,
      hint,
    });
  }
  return { drv: path, toplevel: path };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
