/** What V8 compiles of the program, by running it: of what never ran there is nothing to keep. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { build } from 'esbuild';

const MANIFEST = `project = "p"
[apps.a]
flake-ref = "github:a/b"
port = 8080
[apps.b]
flake-ref = "./b"
`;
/** Each adds to what is kept. */
const RUNS = [['diff'], ['ps'], ['--help'], ['__complete', '--', 'up', '--'], ['--version']];

/** Starts the program as its launcher does, and keeps what was compiled when it ends. */
const RECORDER = `
import { renameSync, writeFileSync } from 'node:fs';
import { COMPILED, launch } from './src/launch.js';
const scripts = [];
launch(process.env.PETS_DIST, 'main.cjs', (script, path) => scripts.push([script, path + COMPILED]));
process.on('exit', () => {
  for (const [script, path] of scripts) {
    writeFileSync(path + '~', script.createCachedData());
    renameSync(path + '~', path);
  }
});
`;

export async function compileChunks(dist: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pets-compile-'));
  const socket = join(folder, 'incus.socket');
  const daemon = createServer((_, response) => {
    response.end(JSON.stringify({ type: 'sync', status_code: 200, metadata: [] }));
  }).listen(socket);
  try {
    const recorder = join(folder, 'recorder.cjs');
    await build({
      stdin: { contents: RECORDER, resolveDir: process.cwd() },
      outfile: recorder,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
    await mkdir(join(folder, 'b/.git'), { recursive: true });
    await writeFile(join(folder, 'pets.toml'), MANIFEST);
    for (const args of RUNS)
      await record([recorder, ...args], folder, { PETS_DIST: resolve(dist), INCUS_SOCKET: socket });
  } finally {
    daemon.close();
    await rm(folder, { recursive: true });
  }
}

/** Whatever the run came to: only what was compiled for it counts. */
function record(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((done, failed) => {
    spawn(process.execPath, args, { cwd, env, stdio: 'ignore' })
      .once('error', failed)
      .once('exit', () => {
        done();
      });
  });
}
