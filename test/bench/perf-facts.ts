/** What a command did, apart from how long it took: looked at in runs of their own, which are not timed. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { record } from '../support/recorder.js';
import type { Fleet, Subject } from './perf-fleet.js';
import type { Report } from './perf-probe.js';

export type Facts = {
  /** To the daemon, as method and path. */
  readonly requests: readonly string[];
  /** Resident memory (1 MB = 10⁶ bytes), the most of several runs; null for a program that is not Node's. */
  readonly peakMB: number | null;
  /** Names of the programs that it ran. */
  readonly started: readonly string[] | null;
};

/** Peaks differ by a few MB from run to run. */
const runs = 5;

export async function factsOf(fleet: Fleet, { command, args }: Subject): Promise<Facts> {
  const folder = mkdtempSync(join(tmpdir(), 'pets-perf-facts-'));
  const recorder = await record(fleet.socket);
  const report = join(folder, 'facts.json');
  const env = { INCUS_SOCKET: recorder.socket, PETS_PERF_FACTS: report };
  try {
    await fleet.run(command, args, env);
    const requests = [...recorder.requests];
    if (command !== 'node') return { requests, peakMB: null, started: null };
    const probe = await probeIn(folder);
    const reports: Report[] = [];
    for (let run = 0; run < runs; run++) {
      await fleet.run(command, ['--import', probe, ...args], env);
      reports.push(JSON.parse(readFileSync(report, 'utf8')) as Report);
    }
    const peakMB = Math.max(...reports.map(({ peakKiB }) => (peakKiB * 1024) / 1e6));
    return { requests, peakMB, started: reports[0]?.started ?? [] };
  } finally {
    await recorder.close();
    rmSync(folder, { recursive: true });
  }
}

/** As JavaScript: what reads TypeScript would be measured too. */
async function probeIn(folder: string): Promise<string> {
  const outfile = join(folder, 'probe.mjs');
  await build({ entryPoints: [join(import.meta.dirname, 'perf-probe.ts')], outfile });
  return outfile;
}
