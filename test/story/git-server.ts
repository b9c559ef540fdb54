import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { freePorts, must } from './rig.js';

/** A repository on 127.0.0.1, as flakes of as many URLs as are asked for. */
export class GitServer {
  /** Names under which it cannot be had. */
  readonly gone = new Set<string>();
  readonly #repository: string;
  #server: Server | null = null;
  #port = 0;

  /** `repository`: a folder with what is to be in it. */
  constructor(repository: string) {
    this.#repository = repository;
  }

  #git(...args: readonly string[]): Promise<string> {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@localhost'];
    return must('git', ['-C', this.#repository, ...who, ...args]);
  }

  async start(): Promise<void> {
    [this.#port = 0] = await freePorts(1);
    await must('git', ['init', '--quiet', '--initial-branch', 'main', this.#repository]);
    // git's "dumb" protocol is a folder of files.
    const server = (this.#server = createServer((request, reply) => {
      const { pathname } = new URL(request.url ?? '', 'http://x');
      const [, name = '', file = ''] = /^\/(\w+)\.git\/(.*)$/.exec(pathname) ?? [];
      const path = join(this.#repository, '.git', file);
      const isFound = !this.gone.has(name) && file !== '' && existsSync(path) && !path.endsWith('/');
      reply.writeHead(isFound ? 200 : 404).end(isFound ? readFileSync(path) : '');
    }));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  ref(name: string): string {
    return `git+http://127.0.0.1:${this.#port}/${name}.git?ref=main`;
  }

  /** What is in the folder now is its newest revision. */
  async commit(message: string): Promise<string> {
    await this.#git('add', '-A');
    await this.#git('commit', '--quiet', '--allow-empty', '--message', message);
    await this.#git('update-server-info');
    return this.#git('rev-parse', 'HEAD');
  }
}
