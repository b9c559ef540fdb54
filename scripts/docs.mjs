// docs/manifest.md, pets.toml.example, docs/reference.md and docs/pets.1, from the program itself.
import { build } from 'esbuild';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { manPage } from './man.mjs';
import { manifestExample, manifestPage } from './manifest-docs.mjs';
import { referencePage } from './reference.mjs';

// Below node_modules, for what is not bundled to be found.
const folder = await mkdtemp('node_modules/.docs-');
try {
  await build({
    entryPoints: ['src/manifest/documented.ts', 'src/cli/args.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const load = (/** @type {string} */ path) => import(pathToFileURL(join(folder, path)).href);
  const { documentedTables } = await load('manifest/documented.mjs');
  const { commandLine } = await load('cli/args.mjs');
  const tables = documentedTables();
  const template = await readFile('scripts/manifest.template.md', 'utf8');
  await writeFile('docs/manifest.md', manifestPage(template, tables));
  await writeFile('pets.toml.example', manifestExample(tables));
  const program = commandLine({}, () => undefined);
  await writeFile('docs/reference.md', referencePage(program));
  await writeFile('docs/pets.1', manPage(program, await readFile('docs/commands.md', 'utf8')));
} finally {
  await rm(folder, { recursive: true });
}
