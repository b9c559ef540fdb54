/** Many pets from one flake, in a folder of their own, for measuring. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROFILES, ROOT } from '../support/places.js';
import { writeDemoLock } from './demo-lock.js';
import { offlineNixEnv } from './nix.js';
import { logToStderr, run } from './run.js';

/** A command that is measured. `node` is the one that runs this. */
export type Subject = {
  readonly name: string;
  readonly command: 'node' | 'incus';
  readonly args: readonly string[];
};

export type FleetOptions = {
  /** Flake reference. */
  readonly nixpkgs: string;
  readonly socket: string;
  readonly firstPort: number;
};

export class Fleet {
  /** Nobody else has it on this daemon. */
  readonly project = `perf${process.pid}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'pets-perf-'));
  /** A copy: a build beside us must not change what is measured. */
  readonly program = join(this.folder, 'pets/dist/pets.cjs');
  readonly socket: string;
  #hasGuests = false;
  readonly #nixpkgs: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #firstPort: number;

  constructor({ nixpkgs, socket, firstPort }: FleetOptions) {
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
      cpSync(join(ROOT, part), join(this.folder, 'pets', part), { recursive: true });
    cpSync(join(ROOT, 'examples/hello-web'), join(this.folder, 'hello-web'), { recursive: true });
  }

  /** Makes it so many running pets. How long `pets up` took, ms. */
  async growTo(count: number): Promise<number> {
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

  #manifest(count: number): string {
    const apps = Array.from({ length: count }, (_, index) => {
      const name = `${this.project}-${String(index + 1).padStart(3, '0')}`;
      return `[apps.${name}]\nflake-ref = "./hello-web"\nport = ${this.#firstPort + index}\n`;
    });
    return [`project = "${this.project}"\n`, ...apps].join('\n');
  }

  pets(args: readonly string[]): Promise<string> {
    return this.run('node', [this.program, ...args]);
  }

  /** Runs a command in the fleet's folder; its failure is a BenchError. */
  run(command: Subject['command'], args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
    return run(command === 'node' ? process.execPath : command, args, {
      cwd: this.folder,
      env: { ...this.#env, ...env },
    });
  }

  /** Removes all that was made. */
  async disband(): Promise<void> {
    if (this.#hasGuests) {
      logToStderr('removing the containers…');
      try {
        await this.pets(['down', '--yes']);
      } catch (error) {
        logToStderr(`containers are left; \`pets down -f ${this.folder}/pets.toml\` removes them`);
        throw error;
      }
    }
    rmSync(join(PROFILES, this.project), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
