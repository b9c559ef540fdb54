/** Many pets from one flake, in a folder of their own, for measuring. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDemoLock } from './demo-lock.mjs';
import { offlineNixEnv } from './nix.mjs';
import { logToStderr, repository, run } from './run.mjs';

const profiles = '/nix/var/nix/profiles/per-pet';

export class Fleet {
  /** Nobody else has it on this daemon. */
  project = `perf${process.pid}`;
  folder = mkdtempSync(join(tmpdir(), 'pets-perf-'));
  /** A copy: a build beside us must not change what is measured. */
  program = join(this.folder, 'pets/dist/pets.mjs');
  #hasGuests = false;
  #nixpkgs;
  #env;
  #firstPort;
  socket;

  /** @param {{ nixpkgs: string, socket: string, firstPort: number }} options */
  constructor({ nixpkgs, socket, firstPort }) {
    this.#nixpkgs = nixpkgs;
    this.socket = socket;
    this.#env = {
      ...offlineNixEnv(),
      INCUS_SOCKET: socket,
      NO_COLOR: '1',
      PETS_STATE_DIR: join(this.folder, 'state'),
    };
    this.#firstPort = firstPort;
    for (const part of ['dist', 'nix'])
      cpSync(join(repository, part), join(this.folder, 'pets', part), { recursive: true });
    cpSync(join(repository, 'examples/hello-web'), join(this.folder, 'hello-web'), { recursive: true });
  }

  /**
   * Makes it so many running pets.
   * @param {number} count
   * @returns {Promise<number>} how long `pets up` took, ms
   */
  async growTo(count) {
    writeFileSync(join(this.folder, 'pets.toml'), this.#manifest(count));
    await writeDemoLock(join(this.folder, 'pets.lock'), this.#nixpkgs);
    this.#hasGuests = true;
    const start = performance.now();
    await this.pets(['up', '--yes']);
    const took = performance.now() - start;
    // Else it would not be an idle run that is measured.
    await this.pets(['diff', '--exit-code']);
    return took;
  }

  /** @param {number} count */
  #manifest(count) {
    const apps = Array.from({ length: count }, (_, index) => {
      const name = `${this.project}-${String(index + 1).padStart(3, '0')}`;
      return `[apps.${name}]\nflake-ref = "./hello-web"\nport = ${this.#firstPort + index}\n`;
    });
    return [`project = "${this.project}"\n`, ...apps].join('\n');
  }

  /** @param {string[]} args */
  pets(args) {
    return this.run('node', [this.program, ...args]);
  }

  /**
   * Runs a command in the fleet's folder; its failure is a BenchError.
   * @param {string} command `node` is the one that runs this
   * @param {string[]} args
   * @param {Record<string, string>} [env]
   */
  run(command, args, env) {
    return run(command === 'node' ? process.execPath : command, args, {
      cwd: this.folder,
      env: { ...this.#env, ...env },
    });
  }

  /** Removes all that was made. */
  async disband() {
    if (this.#hasGuests) {
      logToStderr('removing the containers…');
      try {
        await this.pets(['down', '--yes']);
      } catch (error) {
        logToStderr(`containers are left; \`pets down -f ${this.folder}/pets.toml\` removes them`);
        throw error;
      }
    }
    rmSync(join(profiles, this.project), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * The first of so many TCP ports in a row that nobody listens on. Below the range that the kernel hands out itself.
 * @param {number} count
 * @returns {Promise<number>}
 */
export async function freeRange(count) {
  for (let first = 20_000; first + count < 32_768; first += count) {
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
