import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
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
export type Fault = (typeof FAULTS)[number];

/** The n-th request of one name, from 1. `PATCH /1.0/instances/web`; ids in it are stars. */
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
const BROKEN = answer(500, 'Failed to write to the database: disk I/O error');

/** A socket in front of the daemon's that hands everything on, but for one request at a time that it strikes. */
export class FaultyDaemon {
  readonly socket: string;
  /** Whether the fault that was asked for has struck. */
  struck = false;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pets-faults-'));
  readonly #daemon: string;
  readonly #server = createServer((req, res) => {
    this.#serve(req, res);
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
  #strikeOn(req: IncomingMessage): Strike | null {
    const name = nameOf(req);
    const nth = this.#seen.filter((seen) => seen.name === name).length + 1;
    this.#seen.push({ name, nth });
    return this.#strike?.name === name && this.#strike.nth === nth ? this.#strike : null;
  }

  /** A stream that is struck breaks: before it is there, or as soon as something was said. */
  #serveStream(req: IncomingMessage, stream: Duplex): void {
    const strike = this.#strikeOn(req);
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
    stream.pipe(onward).pipe(stream);
  }

  #serve(req: IncomingMessage, res: ServerResponse): void {
    const strike = this.#strikeOn(req);
    if (strike === null) {
      this.#forward(req, res, (reply) => {
        res.writeHead(reply.statusCode ?? 0, reply.rawHeaders);
        reply.pipe(res);
      });
      return;
    }
    this.struck = true;
    this.#fail(strike, req, res);
  }

  #fail({ fault, kill }: Strike, req: IncomingMessage, res: ServerResponse): void {
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
      this.#forward(req, res, (reply) => {
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
    const effects: Readonly<Record<Fault, () => void>> = {
      'kill-before': killed,
      'kill-after': afterwards(killed),
      'drop-before': drop,
      'drop-after': afterwards(drop),
      stall: afterwards(stalled),
      busy: refused(BUSY),
      '412': refused(CHANGED),
      '500': refused(BROKEN),
    };
    effects[fault]();
  }

  #forward(req: IncomingMessage, res: ServerResponse, replied: (reply: IncomingMessage) => void): void {
    const { method, url, headers } = req;
    const onward = request({ socketPath: this.#daemon, method, path: url, headers, agent: false }, replied);
    onward.on('error', () => res.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }
}

/** Names of operations, recorded output, rounds of waiting and generations are different each time. */
function nameOf({ method = '', url = '' }: IncomingMessage): string {
  const path = url
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*')
    .replace(/(timeout|secret)=[^&]+/, '$1=*')
    .replace(/(\/snapshots\/pets-)[^/?]+/, '$1*');
  return `${method} ${path}`;
}
