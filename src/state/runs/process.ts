import { readFileSync } from 'node:fs';
import type { ProcessId } from '../../domain/run.js';

type Stat = { readonly state: string; readonly start: string };

/** Of `/proc/<pid>/stat`, see proc(5): the third and the 22nd field. The second may hold spaces and brackets. */
export function parseStat(text: string): Stat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === undefined || start === undefined ? null : { state, start };
}

/** This process. */
export function ownProcess(): ProcessId {
  return { pid: process.pid, start: statOf(process.pid)?.start ?? null };
}

/** Whether it still runs. One that only waits to be reaped does not. */
export function isAlive({ pid, start }: ProcessId): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z' && (start === null || stat.start === start);
}

function statOf(pid: number): Stat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // There is no such process.
    return null;
  }
}
