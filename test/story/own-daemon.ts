import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { incusd } from '../bench/incus.js';
import { untilReady } from '../bench/incus-api.js';
import { must, run } from './rig.js';

/** An Incus daemon beside the tests' usual one: with a folder, a socket and a pool of its own, and no network. */
export class OwnDaemon {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pets-incusd-'));
  readonly #log = join(this.#folder, 'incusd.log');
  readonly socket = join(this.#folder, 'unix.socket');
  #process: ChildProcess | null = null;

  /** A folder that it has in the place of /nix, in a mount namespace of its own; null: it has this host's. */
  readonly #nix: string | null;

  constructor(nix: string | null = null) {
    this.#nix = nix;
  }

  /** What runs a command where the daemon runs. */
  get within(): readonly string[] {
    return this.#nix === null ? [] : ['nsenter', '--mount', `--target=${this.#process?.pid ?? 0}`, '--'];
  }

  /** The folder of its only pool. */
  readonly pool = mkdtempSync(join(tmpdir(), 'pets-pool-'));

  /** `poolMb`: how much the pool holds. */
  async setUp(poolMb?: number): Promise<void> {
    await this.start();
    const env = { ...process.env, INCUS_SOCKET: this.socket };
    if (poolMb !== undefined)
      await must('mount', ['-t', 'tmpfs', '-o', `size=${poolMb}m`, 'pets-pool', this.pool]);
    await must('incus', ['storage', 'create', 'default', 'dir', `source=${this.pool}`], env);
    await must(
      'incus',
      ['profile', 'device', 'add', 'default', 'root', 'disk', 'path=/', 'pool=default'],
      env,
    );
  }

  /** One that runs is fine. */
  async start(): Promise<void> {
    if (this.#process) return;
    const output = openSync(this.#log, 'a');
    const program = [incusd, '--group', 'root'];
    const bind = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /nix && exec "$@"', this.#nix ?? ''];
    const [command = '', ...args] = this.#nix === null ? program : [...bind, ...program];
    this.#process = spawn(command, args, {
      cwd: '/',
      env: { ...process.env, INCUS_DIR: this.#folder },
      stdio: ['ignore', output, output],
    });
    await untilReady(this.socket).catch((error: unknown) => {
      throw new Error(`incusd did not come up:\n${readFileSync(this.#log, 'utf8')}`, { cause: error });
    });
  }

  /** Guests and forwarders go on. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    if (!running) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await ended;
    this.#process = null;
  }

  /** Once it has no instances any more. */
  async remove(): Promise<void> {
    await this.end('SIGTERM');
    // Each time it was killed it has left its mounts.
    for (const mount of ['shmounts', 'guestapi', 'storage-pools/default'])
      while ((await run('umount', [join(this.#folder, mount)])).code === 0);
    await run('umount', [this.pool]);
    for (const folder of [this.#folder, this.pool]) rmSync(folder, { recursive: true, force: true });
  }
}
