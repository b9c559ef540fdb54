// docs/manifest.md, pets.toml.example, docs/reference.md, docs/errors.md and docs/pets.1, from the program itself.
import { readFile, writeFile } from 'node:fs/promises';
import { documentedTables } from '../src/manifest/documented.js';
import { errorsPage } from './errors.js';
import { manPage } from './man.js';
import { manifestExample, manifestPage } from './manifest-docs.js';
import { program } from './program.js';
import { referencePage } from './reference.js';

const tables = documentedTables();
await writeFile(
  'docs/manifest.md',
  manifestPage(await readFile('scripts/manifest.template.md', 'utf8'), tables),
);
await writeFile('pets.toml.example', manifestExample(tables));
await writeFile('docs/reference.md', referencePage(program));
await writeFile('docs/errors.md', errorsPage());
await writeFile('docs/pets.1', manPage(program, await readFile('docs/commands.md', 'utf8')));
