import { createServer } from 'node:net';

/** Below the ports that the kernel hands out by itself, so many for each of Jest's workers. */
const [FIRST, RANGE, WORKERS] = [16_000, 1000, 16];
/** A range that begins at one of them, or a neighbour, is not another's. */
const APART = 4;
const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % WORKERS;
let next = Math.floor(Math.random() * RANGE);

/** Ports that nobody holds on any address of this machine, and that no other worker is given. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(...(await freeRange(1)));
  return ports;
}

/** The like, side by side. They are not given again until the worker's whole range has been. */
export async function freeRange(count: number): Promise<number[]> {
  for (let tries = 0; tries < RANGE; tries++) {
    if (next + count > RANGE) next = 0;
    const ports = Array.from({ length: count }, (_, n) => FIRST + worker * RANGE + next + n);
    const free = await Promise.all(ports.map(isFree));
    next += count - 1 + APART;
    if (free.every(Boolean)) return ports;
  }
  throw new Error(`there are no ${count} free ports side by side in the range of this worker`);
}

/** Whether nobody listens there, on whichever address. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['0.0.0.0', '::']) if (!(await canListen(port, host))) return false;
  return true;
}

/** A machine without IPv6 has no ports of it that somebody could hold. */
function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'EADDRINUSE');
    });
    server.listen({ port, host, ipv6Only: host === '::' }, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}
