import { afterEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProject, type Reader } from '../../src/runtime/project.js';
import { stateIn } from '../../src/runtime/state.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pets-project-')));
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a file with a secret is no part of the flake around it', async () => {
  mkdirSync(join(folder, 'secrets'));
  for (const name of ['plain', 'target', 'sealed.yaml']) writeFileSync(join(folder, 'secrets', name), 'x');
  symlinkSync('target', join(folder, 'secrets/link'));
  writeFileSync(
    join(folder, 'pets.toml'),
    `project = "p"
[apps.web]
flake-ref = "."
secrets.plain = { file = "./secrets/plain" }
secrets.link = { file = "./secrets/link" }
secrets.sealed = { sops = "./secrets/sealed.yaml", key = "a" }
secrets.gone = { file = "./gone/secret" }
`,
  );
  const state = stateIn({ PETS_STATE_DIR: join(folder, 'state') }, () =>
    Promise.reject(new Error('nothing is run')),
  );
  const reader = { cwd: folder, state } as unknown as Reader;
  const { ownFiles } = await readProject(reader);
  // What sops has sealed may be what the flake itself opens in the guest.
  expect([...ownFiles].map((path) => path.slice(folder.length + 1)).sort()).toEqual(
    [
      ...['pets.toml', 'pets.lock', 'pets.schema.json', 'gone/secret'],
      ...['secrets/plain', 'secrets/link', 'secrets/target'],
    ].sort(),
  );
});
