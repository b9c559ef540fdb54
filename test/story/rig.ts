import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PROFILES, PROGRAM, ROOT } from '../support/places.js';
import { failureOf, runToEnd, type Ended, type RunOptions } from '../support/process.js';
import { record, type Recorder } from '../support/recorder.js';
import { HANGS_MS, sleep, until } from '../support/wait.js';
import { standIn } from '../stand-in.js';
import { BOOT_ID, ran, restOf, SOCKET, told, type Result } from './guest.js';

export { BOOT_ID, booted, ran, SOCKET, told, type Result } from './guest.js';
export { freePorts, isFree } from '../ports.js';
export { PROFILES, PROGRAM, ROOT } from '../support/places.js';
export { sleep, until } from '../support/wait.js';
export { standIn } from '../stand-in.js';

export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  runToEnd(command, args, { timeout: HANGS_MS, ...options });

/** What it prints; it must succeed. */
export async function must(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const ended = await run(command, args, { env });
  if (ended.code !== 0) throw new Error(failureOf(command, args, ended));
  return ended.stdout.trim();
}

/** No other worker, and no other run on this machine, has it. test/bench/leftovers.ts reads it. */
const RUN = `t${process.pid.toString(36)}${randomBytes(2).toString('hex')}`;
let count = 0;

export type StoryOptions = {
  /** Of another daemon than the tests' usual one. */
  readonly socket?: string;
  /**
   * Whether apps that say nothing of their health are watched for the default window of three seconds, as they are
   * for a user. Most stories are about something else.
   */
  readonly isWatched?: boolean;
  /** Whether what other stories have found out of the daemon's host is known to this one; it is, unless said. */
  readonly knowsHost?: boolean;
};

/** What stories have found out by trial, good news only: for one of them the daemon's answers may be rewritten. */
const KNOWN = join(tmpdir(), 'pets-test-trials');
const isGood = (path: string) => readFileSync(path, 'utf8').includes('null');

/** Whole files only, and none is ever away: other workers read them and write them at the same time. */
function passOn(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((name) => name.endsWith('.json') && isGood(join(from, name)));
  for (const name of names) {
    const draft = join(to, `.${name}.${process.pid}`);
    copyFileSync(join(from, name), draft);
    renameSync(draft, join(to, name));
  }
}

/** A manifest's folder with flakes beside it, and a project name that nobody else has. */
export class Story {
  readonly project: string;
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();
  readonly #options: StoryOptions;

  constructor(name: string, options: StoryOptions = {}) {
    this.#options = options;
    this.project = `${RUN}-${++count}-${name}`;
    this.folder = mkdtempSync(join(tmpdir(), `pets-${name}-`));
  }

  #trials(): string {
    return join(this.folder, '.state', '.trials');
  }

  /** Names must be unique on the daemon. */
  name(app: string): string {
    return `${this.project}-${app}`;
  }

  /** `apps`: name → the lines of its table. */
  manifest(apps: Readonly<Record<string, string>>): void {
    const tables = Object.entries(apps).map(([app, lines]) => `[apps.${this.name(app)}]\n${lines}\n`);
    const health = this.#options.isWatched ? '' : 'health = false\n';
    this.write(
      'pets.toml',
      [`project = "${this.project}"\n[defaults]\nnixpkgs = "${standIn()}"\n${health}`, ...tables].join('\n'),
    );
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** A copy of an example's flake. */
  flake(folder: string, example = 'hello-web'): void {
    cpSync(join(ROOT, 'examples', example), join(this.folder, folder), { recursive: true });
  }

  page(folder: string, text: string): void {
    this.write(`${folder}/site/index.html`, `${text}\n`);
  }

  /** A flake whose module is only this Nix text; no port is served. */
  plainFlake(folder: string, module: string): void {
    this.write(
      `${folder}/flake.nix`,
      `{ outputs = { self }: { nixosModules.incus = { lib, pkgs, ... }: { incus.container.enable = true; system.stateVersion = "25.05"; ${module} }; }; }\n`,
    );
  }

  /** What `pets` records of its runs stays in the story's folder. */
  env(): NodeJS.ProcessEnv {
    const { socket } = this.#options;
    const daemon = socket === undefined ? {} : { INCUS_SOCKET: socket };
    return { ...cleanEnv(), ...daemon, PETS_STATE_DIR: join(this.folder, '.state') };
  }

  #incus(...args: readonly string[]): Promise<string> {
    return must('incus', args, this.env());
  }

  /** Verbs that make nothing leave the folder as it is. */
  #know(args: readonly string[]): void {
    const isMaking = args.some((arg) => arg === 'up' || arg === 'deploy');
    const { knowsHost = true } = this.#options;
    if (!isMaking || !knowsHost || !existsSync(KNOWN) || existsSync(this.#trials())) return;
    passOn(KNOWN, this.#trials());
  }

  pets(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    this.#know(args);
    return run(process.execPath, [PROGRAM, ...args], { cwd: this.folder, env: { ...this.env(), ...env } });
  }

  /** Runs `pets`, which must succeed. */
  async ok(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
    const result = await this.pets(args, env);
    if (result.code !== 0)
      throw new Error(`pets ${args.join(' ')}: exit ${String(result.code)}\n${result.stderr}`);
    return result;
  }

  /** A running `pets` that a story can signal. `ownGroup`: so that what it has started can be ended with it. */
  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    { ownGroup = false } = {},
  ): { child: ChildProcess; ended: Promise<Result> } {
    this.#know(args);
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: this.folder,
      env: { ...this.env(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
    });
    this.#children.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<Result>((resolve) => {
      child.on('close', (code) => {
        this.#children.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    return { child, ended };
  }

  /** Removes what this story made, also after a failure. */
  async cleanUp(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#deleteInstances();
    for (const { name, pool } of await this.volumes())
      await this.#incus('storage', 'volume', 'delete', pool, name);
    for (const project of [this.project, `${this.project}_rehearsal`])
      rmSync(join(PROFILES, project), { recursive: true, force: true });
    if (existsSync(this.#trials())) passOn(this.#trials(), KNOWN);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The daemon may still be at something that a killed run began. */
  async #deleteInstances(): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const left = await this.instances();
      if (left.length === 0) return;
      // A failure is no reason yet: the next round sees what is left.
      await Promise.all(
        left.map(({ name }) => run('incus', ['delete', '--force', name], { env: this.env() })),
      );
      await sleep(250);
    }
    const [first] = await this.instances();
    if (first) await this.#incus('delete', '--force', first.name);
  }

  /** What the daemon answers to a GET. The list of the `incus` command is another thing: it asks each guest as well. */
  async ask(path: string): Promise<unknown> {
    const found = await restOf(this.#options.socket).get(path);
    if (found === null) throw new Error(`GET ${path}: it is not there`);
    return found.metadata;
  }

  async instances(): Promise<
    {
      name: string;
      status: string;
      config: Record<string, string>;
      devices: Record<string, Record<string, string>>;
    }[]
  > {
    const list = (await this.ask('/1.0/instances?recursion=1')) as Awaited<ReturnType<Story['instances']>>;
    // Without what is different at each look.
    return list
      .filter((i) => i.name.startsWith(`${this.project}-`))
      .map(({ name, status, config, devices }) => ({ name, status, config, devices }));
  }

  /** The project's custom volumes, kept ones too. */
  async volumes(): Promise<{ name: string; pool: string; config: Record<string, string> }[]> {
    const pools = (await this.ask('/1.0/storage-pools?recursion=1')) as { name: string }[];
    const lists = pools.map(async ({ name: pool }) => {
      const path = `/1.0/storage-pools/${pool}/volumes/custom?recursion=1`;
      // A pool that another story made may be gone by now.
      const found = await restOf(this.#options.socket).get(path);
      const volumes = (found?.metadata ?? []) as { name: string; config: Record<string, string> }[];
      return volumes.map((volume) => ({ ...volume, pool }));
    });
    return (await Promise.all(lists))
      .flat()
      .filter((v) => !v.name.includes('/'))
      .filter((v) =>
        [this.project, `${this.project}_rehearsal`].includes(v.config['user.pets.project'] ?? ''),
      );
  }

  /** How a command inside an app ends. */
  ran(app: string, ...command: readonly string[]): Promise<Result> {
    return ran(this.name(app), command, this.#options.socket);
  }

  /** What a command prints inside an app, where it must succeed. */
  inside(app: string, ...command: readonly string[]): Promise<string> {
    return told(this.name(app), command, this.#options.socket);
  }

  async bootIds(): Promise<Record<string, string>> {
    const entries = (await this.instances()).map(
      async ({ name }) => [name, await told(name, BOOT_ID, this.#options.socket)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Generations of an app's profile, oldest first. */
  async generations(app: string): Promise<string[]> {
    const directory = join(PROFILES, this.project, this.name(app));
    const lines = (await run('ls', ['-v', directory])).stdout.split('\n');
    return lines.filter((line) => /^system-\d+-link$/.test(line)).map((line) => join(directory, line));
  }
}

/** The most memory that a process has had, in MB; of one that has ended 0. */
export function peakOf({ pid }: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Resolves once a running `pets` has told of a step. */
export function seen(child: ChildProcess, step: string): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(step)) resolve();
    });
    child.once('close', () => {
      reject(new Error(`it ended before \`${step}\`: ${text}`));
    });
  });
}

function cleanEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([key]) => !key.startsWith('PETS_') && key !== 'FORCE_COLOR',
  );
  return { ...Object.fromEntries(own), NO_COLOR: '1' };
}

export type Answer = { readonly status: number; readonly body: string };

/** One GET; null when nobody listens there. */
export async function get(port: number, host = '127.0.0.1'): Promise<Answer | null> {
  try {
    const reply = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(60_000) });
    return { status: reply.status, body: (await reply.text()).trim() };
  } catch {
    return null;
  }
}

/** The answer of one that is coming up: of an app without a health check nobody has waited for it. */
export async function answerOf(port: number, host?: string): Promise<Answer> {
  return until(() => get(port, host), { what: `nobody answers on port ${port}` });
}

/** What is asked of the tests' daemon. `rewrite`: changes what it answers, not its length. */
export const recorder = (rewrite?: (text: string) => string): Promise<Recorder> => record(SOCKET, rewrite);

/** A PATH in which nix and nix-store only note that they were called, then do their work. */
export function watchedNix(story: Story): { env: NodeJS.ProcessEnv; calls: () => string[] } {
  const log = join(story.folder, '.nix-calls');
  writeFileSync(log, '');
  for (const tool of ['nix', 'nix-store', 'nix-env', 'nix-instantiate']) {
    story.write(
      `.bin/${tool}`,
      `#!/bin/sh\necho "${tool} $*" >> '${log}'\nPATH="\${PATH#*:}" exec ${tool} "$@"\n`,
    );
    chmodSync(join(story.folder, '.bin', tool), 0o755);
  }
  return {
    env: { PATH: `${join(story.folder, '.bin')}:${process.env['PATH'] ?? ''}` },
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}
