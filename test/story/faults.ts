import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, type Duplex } from 'node:stream';
import { call } from '../bench/incus-api.js';
import { SOCKET } from './rig.js';

/**
 * What can go wrong with one request. kill: `pets` is killed, before the daemon has the request or when it has
 * answered; drop: the connection breaks, likewise; stall: the daemon acts and its answer never comes, the connection
 * breaks a few seconds later. The others are what the daemon answers instead of acting.
 */
export const FAULTS = [
  'kill-before',
  'drop-after',
  'busy',
  'kill-after',
  'drop-before',
  '412',
  'stall',
  '500',
] as const;
/**
 * What a guest can do at a request that is to stop it: end by itself, right before the daemon has the request, or in the
 * moment when its grace is over.
 */
export const ENDS = ['ends-before', 'ends-at-its-grace'] as const;
export type Fault = (typeof FAULTS)[number] | (typeof ENDS)[number];

/** The n-th request of one name, from 1. `PATCH /1.0/instances/web`; ids in it are stars, a change of power says which. */
export type Request = { readonly name: string; readonly nth: number };
export type Strike = Request & { readonly fault: Fault; readonly kill: () => void };

/** Long enough for the daemon to forget an operation of one or two seconds: that takes 5. */
const STALL_MS = 6000;
/** What the daemon answers where the work is done by an operation. */
const ACCEPTED = 202;

type Answer = { readonly status: number; readonly body: string };
const answer = (status: number, error: string): Answer => ({
  status,
  body: JSON.stringify({ type: 'error', error, error_code: status }),
});
/** In the daemon's own words. */
const BUSY = answer(
  500,
  'Failed to create instance update operation: Instance is busy running a "start" operation',
);
const CHANGED = answer(412, "ETag doesn't match: 5f1c vs 0e2d");
const GRACE_IS_OVER = answer(
  500,
  'Failed shutting down instance, status is "Running": context deadline exceeded',
);
const BROKEN = answer(500, 'Failed to write to the database: disk I/O error');

/** A socket in front of the daemon's that hands everything on, but for one request at a time that it strikes. */
export class FaultyDaemon {
  readonly socket: string;
  /** Whether the fault that was asked for has struck. */
  struck = false;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pets-faults-'));
  readonly #daemon: string;
  readonly #server = createServer((req, res) => {
    void this.#serve(req, res);
  });
  readonly #streams = new Set<Duplex>();
  #strike: Strike | null = null;
  #seen: Request[] = [];

  constructor(daemon = SOCKET) {
    this.#daemon = daemon;
    this.socket = join(this.#folder, 'incus.socket');
    this.#server.on('upgrade', (req: IncomingMessage, stream: Duplex) => {
      this.#serveStream(req, stream);
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.socket, resolve));
  }

  /** From now on; null: only listen. */
  expect(strike: Strike | null): void {
    this.#seen = [];
    this.#strike = strike;
    this.struck = false;
  }

  /** Those that write, since the last `expect`. Reading ones come as often as something is waited for. */
  get writes(): readonly Request[] {
    return this.#seen.filter(({ name }) => !name.startsWith('GET '));
  }

  get reads(): readonly Request[] {
    return this.#seen.filter(({ name }) => name.startsWith('GET '));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    for (const stream of this.#streams) stream.destroy();
    return new Promise((resolve) =>
      this.#server.close(() => {
        rmSync(this.#folder, { recursive: true });
        resolve();
      }),
    );
  }

  /** What is to strike this request, if anything is. */
  #strikeOn(req: IncomingMessage, content: Buffer | null): Strike | null {
    const name = nameOf(req, content);
    const nth = this.#seen.filter((seen) => seen.name === name).length + 1;
    this.#seen.push({ name, nth });
    return this.#strike?.name === name && this.#strike.nth === nth ? this.#strike : null;
  }

  /** A stream that is struck breaks: before it is there, or as soon as something was said. */
  #serveStream(req: IncomingMessage, stream: Duplex): void {
    const strike = this.#strikeOn(req, null);
    const onward = connect(this.#daemon);
    for (const end of [stream, onward]) this.#streams.add(end.on('error', () => undefined));
    const headers = req.rawHeaders.map((word, i) => (i % 2 === 0 ? `${word}: ` : `${word}\r\n`));
    onward.write(`${req.method ?? ''} ${req.url ?? ''} HTTP/1.1\r\n${headers.join('')}\r\n`);
    const strikes = () => {
      this.struck = true;
      if (strike?.fault.startsWith('kill')) strike.kill();
      stream.destroy();
      onward.destroy();
    };
    if (strike && /-after$|^stall$/.test(strike.fault)) onward.once('data', strikes);
    else if (strike) strikes();
    // Where one end breaks, so does the other.
    pipeline(stream, onward, stream, () => undefined);
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const content = isPower(req) ? await bodyOf(req) : null;
    const strike = this.#strikeOn(req, content);
    if (strike === null) {
      this.#handOn(req, res, content);
      return;
    }
    this.struck = true;
    await this.#fail(strike, req, res, content);
  }

  #handOn(req: IncomingMessage, res: ServerResponse, content: Buffer | null): void {
    this.#forward(req, res, content, (reply) => {
      res.writeHead(reply.statusCode ?? 0, reply.rawHeaders);
      reply.pipe(res);
    });
  }

  async #fail(
    { fault, kill }: Strike,
    req: IncomingMessage,
    res: ServerResponse,
    content: Buffer | null,
  ): Promise<void> {
    const drop = () => {
      res.destroy();
    };
    const killed = () => {
      kill();
      drop();
    };
    const stalled = ({ statusCode }: IncomingMessage) => {
      setTimeout(drop, statusCode === ACCEPTED ? STALL_MS : 0);
    };
    const afterwards = (effect: (reply: IncomingMessage) => void) => () => {
      this.#forward(req, res, content, (reply) => {
        reply
          .on('end', () => {
            effect(reply);
          })
          .resume();
      });
    };
    const refused =
      ({ status, body }: Answer) =>
      () => {
        req.resume();
        res.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
      };
    const ended = (effect: () => void) => async () => {
      await this.#endGuest(req);
      effect();
    };
    const effects: Readonly<Record<Fault, () => void | Promise<void>>> = {
      'kill-before': killed,
      'kill-after': afterwards(killed),
      'drop-before': drop,
      'drop-after': afterwards(drop),
      stall: afterwards(stalled),
      busy: refused(BUSY),
      '412': refused(CHANGED),
      '500': refused(BROKEN),
      'ends-before': ended(() => {
        this.#handOn(req, res, content);
      }),
      'ends-at-its-grace': ended(refused(GRACE_IS_OVER)),
    };
    await effects[fault]();
  }

  /** Its init is gone at once, and the daemon, which nobody has asked for that, has yet to hear of it. */
  async #endGuest({ url = '' }: IncomingMessage): Promise<void> {
    const { pid = 0 } = (await call(this.#daemon, 'GET', url)) as { readonly pid?: number };
    if (pid > 1) process.kill(pid, 'SIGKILL');
  }

  #forward(
    req: IncomingMessage,
    res: ServerResponse,
    content: Buffer | null,
    replied: (reply: IncomingMessage) => void,
  ): void {
    const { method, url, headers } = req;
    const onward = request({ socketPath: this.#daemon, method, path: url, headers, agent: false }, replied);
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    if (content === null) req.pipe(onward);
    else onward.end(content);
  }
}

/** Of an instance. */
function isPower({ method, url = '' }: IncomingMessage): boolean {
  return method === 'PUT' && /^\/1\.0\/instances\/[^/]+\/state\b/.test(url);
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Names of operations, recorded output, rounds of waiting and generations are different each time. */
function nameOf({ method = '', url = '' }: IncomingMessage, content: Buffer | null): string {
  const path = url
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*')
    .replace(/(timeout|secret)=[^&]+/, '$1=*')
    .replace(/(\/snapshots\/pets-)[^/?]+/, '$1*');
  return `${method} ${path}${content === null ? '' : ` ${actionIn(content)}`}`;
}

function actionIn(content: Buffer): string {
  const { action = '', force = false } = JSON.parse(content.toString()) as {
    action?: string;
    force?: boolean;
  };
  return force ? `${action} by force` : action;
}
