/** Loaded into a measured program with `--import`: writes what it took to the file that PETS_PERF_FACTS names. */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';

/** @typedef {{ peakKiB: number, started: string[] }} Report started: the names of the programs that it ran */

/** @type {import('node:child_process').ChildProcess[]} */
const children = [];
subscribe('child_process', (message) => {
  const { process: child } = /** @type {{ process: import('node:child_process').ChildProcess }} */ (message);
  children.push(child);
});

process.on('exit', () => {
  const target = process.env.PETS_PERF_FACTS;
  if (!target) return;
  // Not resourceUsage().maxRSS: that one survives exec and so begins at the size of whoever started us.
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  /** @type {Report} */
  const report = { peakKiB: Number(peak?.[1]), started: children.map((child) => child.spawnfile) };
  writeFileSync(target, JSON.stringify(report));
});
