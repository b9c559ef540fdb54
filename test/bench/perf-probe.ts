/** Loaded into a measured program with `--import`: writes what it took to the file that PETS_PERF_FACTS names. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';

/** `started`: the names of the programs that it ran. */
export type Report = { readonly peakKiB: number; readonly started: readonly string[] };

const children: ChildProcess[] = [];
subscribe('child_process', (message) => {
  children.push((message as { readonly process: ChildProcess }).process);
});

process.on('exit', () => {
  const target = process.env['PETS_PERF_FACTS'];
  if (target === undefined) return;
  // Not resourceUsage().maxRSS: that one survives exec and so begins at the size of whoever started us.
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const report: Report = { peakKiB: Number(peak?.[1]), started: children.map((child) => child.spawnfile) };
  writeFileSync(target, JSON.stringify(report));
});
