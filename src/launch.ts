/**
 * Starts what `scripts/build.ts` makes of the program: scripts of CommonJS, each beside what V8 had compiled of it when it
 * was built. It trusts that folder as one trusts a program's files, looks nowhere else for anything, and writes nothing.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

type Import = (id: string) => Promise<unknown>;
type Chunk = (
  ...given: [exports: object, (id: string) => unknown, module: object, url: string, Import]
) => void;

/** Of another Node, V8 would take none of it. */
export const COMPILED = `.${process.version}-${process.arch}.v8`;

/** Loads a chunk and those that it needs, each once. `seen` gets each script, and the path of its file. */
export function launch(folder: string, name: string, seen?: (script: Script, path: string) => void): unknown {
  const loaded = new Map<string, { readonly exports: object }>();
  const builtin = createRequire(join(folder, name));
  const load = (id: string): unknown => {
    if (!id.startsWith('./')) return builtin(id);
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const path = join(folder, id);
    const module = { exports: {} };
    loaded.set(id, module);
    const script = compile(path);
    seen?.(script, path);
    const url = pathToFileURL(path).href;
    // A script that was compiled before has no `import()` of its own.
    const importBeside: Import = (other) => import(new URL(other, url).href);
    (script.runInThisContext() as Chunk)(module.exports, load, module, url, importBeside);
    return module.exports;
  };
  return load(`./${name}`);
}

function compile(path: string): Script {
  // All that is not ASCII is escaped in it.
  const source = readFileSync(path, 'latin1');
  const cachedData = compiled(`${path}${COMPILED}`);
  return new Script(`(function(exports,require,module,__url,__import){${source}\n})`, {
    filename: path,
    ...(cachedData !== undefined && { cachedData }),
  });
}

/** Nothing where this Node is not the one that the program was built with: then it is compiled as it comes. */
function compiled(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
