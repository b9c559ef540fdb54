/** What a command did, apart from how long it took: looked at in runs of their own, which are not timed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * @typedef {object} Facts
 * @property {string[]} requests to the daemon, as method and path
 * @property {number | null} peakMB resident memory (1 MB = 10⁶ bytes), the most of several runs; null for a program
 *   that is not Node's
 * @property {string[] | null} started names of the programs that it ran
 */

const probe = new URL('perf-probe.mjs', import.meta.url).href;
/** Peaks differ by a few MB from run to run. */
const runs = 5;

/**
 * @param {import('./perf-fleet.mjs').Fleet} fleet
 * @param {{ command: string, args: string[] }} subject
 * @returns {Promise<Facts>}
 */
export async function factsOf(fleet, { command, args }) {
  const folder = mkdtempSync(join(tmpdir(), 'pets-perf-socket-'));
  const recorder = await record(fleet.socket, join(folder, 'incus.socket'));
  const report = join(folder, 'facts.json');
  const env = { INCUS_SOCKET: join(folder, 'incus.socket'), PETS_PERF_FACTS: report };
  try {
    await fleet.run(command, args, env);
    const requests = [...recorder.requests];
    if (command !== 'node') return { requests, peakMB: null, started: null };
    const reports = [];
    for (let run = 0; run < runs; run++) {
      await fleet.run(command, ['--import', probe, ...args], env);
      reports.push(readReport(report));
    }
    const peakMB = Math.max(...reports.map(({ peakKiB }) => (peakKiB * 1024) / 1e6));
    return { requests, peakMB, started: reports[0]?.started ?? [] };
  } finally {
    await recorder.close();
    rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} path
 * @returns {import('./perf-probe.mjs').Report}
 */
const readReport = (path) => JSON.parse(readFileSync(path, 'utf8'));

/**
 * A socket that passes requests on to the daemon's and keeps their first lines.
 * @param {string} daemon socket
 * @param {string} path of the new socket
 */
async function record(daemon, path) {
  /** @type {string[]} */
  const requests = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    requests.push(`${method} ${url}`);
    const passedOn = request({ socketPath: daemon, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passedOn.on('error', (error) => outgoing.destroy(error));
    incoming.pipe(passedOn);
  });
  await new Promise((done) => server.listen(path, () => done(undefined)));
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { requests, close };
}
