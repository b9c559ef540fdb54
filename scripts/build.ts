/**
 * dist/: `pets.cjs`, which starts the program; the program, in chunks of CommonJS, as Node takes a third longer to start
 * an ES module; `live.mjs`, which is one because Ink is; and what V8 compiles of the chunks.
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, transform, type BuildOptions, type Plugin } from 'esbuild';
import { compileChunks } from './compile.js';

const dist = process.argv[2] ?? 'dist';

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minify: true,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
};

/** Ink looks for it when it is developed. */
const noDevtools: Plugin = {
  name: 'no-devtools',
  setup(bundle) {
    bundle.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'devtools', namespace: 'empty' }));
    bundle.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {};' }));
  },
};

/** The live screen is no chunk: it is left as `import('./live.mjs')`. */
const liveApart: Plugin = {
  name: 'live-apart',
  setup(bundle) {
    bundle.onResolve({ filter: /\/live\.js$/ }, () => ({ path: './live.mjs', external: true }));
  },
};

/** What is loaded only when it is called, as in most runs it is not; `by`: what has it. */
const LATE = [
  {
    name: 'string-width',
    by: /./,
    contents: "export default (text) => require('string-width').default(text);",
  },
  {
    name: 'node:child_process',
    by: /\/node_modules\/commander\//,
    contents: "export const spawn = (...given) => require('node:child_process').spawn(...given);",
  },
] as const;
const late: Plugin = {
  name: 'late',
  setup(bundle) {
    bundle.onResolve({ filter: /./ }, ({ path, importer, namespace }) => {
      const isLate = namespace === 'file' && LATE.some(({ name, by }) => name === path && by.test(importer));
      return isLate ? { path, namespace: 'late' } : undefined;
    });
    bundle.onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      contents: LATE.find(({ name }) => name === path)?.contents ?? '',
      resolveDir: process.cwd(),
    }));
  },
};

async function buildLive(): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: ['src/ui/reporters/live.tsx'],
    outfile: join(dist, 'live.mjs'),
    format: 'esm',
    // CommonJS packages inside an ES module look for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [noDevtools],
  });
}

/** esbuild divides only ES modules, so that what is divided is made CommonJS. */
async function buildChunks(): Promise<void> {
  const { outputFiles } = await build({
    ...COMMON,
    define: { ...COMMON.define, 'import.meta.url': '__url' },
    entryPoints: { main: 'src/main.ts' },
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    splitting: true,
    format: 'esm',
    write: false,
    plugins: [liveApart, late],
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minify: true,
    });
    const chunk = code
      .replace(/\bimport\(("\.\/[^"]+\.cjs")\)/g, 'Promise.resolve().then(()=>require($1))')
      .replace(/\bimport\("\.\/live\.mjs"\)/g, '__import("./live.mjs")')
      // esbuild leaves regular expressions as they are; the launcher reads bytes as characters.
      .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    await writeFile(join(dist, basename(path)), chunk);
  }
}

async function buildLauncher(): Promise<void> {
  await build({
    ...COMMON,
    stdin: {
      contents: "import { launch } from './launch.js'; launch(__dirname, 'main.cjs');",
      resolveDir: 'src',
    },
    outfile: join(dist, 'pets.cjs'),
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
  });
  await chmod(join(dist, 'pets.cjs'), 0o755);
  // Links that users have made lead to it.
  await writeFile(join(dist, 'pets.mjs'), "#!/usr/bin/env node\nimport './pets.cjs';\n", { mode: 0o755 });
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await Promise.all([buildLive(), buildChunks()]);
// It comes last: who looks whether the program is built looks at it.
await compileChunks(dist);
await buildLauncher();
