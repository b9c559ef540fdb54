// docs/manifest.md and pets.toml.example, from the manifest's own schema.
import { build } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import { manifestExample, manifestPage } from './manifest-docs.mjs';

const { outputFiles } = await build({
  entryPoints: ['src/manifest/documented.ts'],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const code = outputFiles[0]?.contents ?? new Uint8Array();
const { documentedTables } = await import(
  `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
);
const tables = documentedTables();
const template = await readFile('scripts/manifest.template.md', 'utf8');
await writeFile('docs/manifest.md', manifestPage(template, tables));
await writeFile('pets.toml.example', manifestExample(tables));
