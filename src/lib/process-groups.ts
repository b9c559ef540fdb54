/** Each program that runs beside us has a process group of its own, which ends as a whole. */

/** Process groups that are still running; ended with us, should we end before them. */
export const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) endGroup(pid);
});

/** Ends a process group after a time, if one is given. */
export function limitOn(pid: number | undefined, limitMs: number | undefined) {
  let isOver = false;
  const end = () => {
    isOver = true;
    if (pid !== undefined) endGroup(pid, 'SIGKILL');
  };
  const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs);
  return {
    isOver: () => isOver,
    clear: () => {
      clearTimeout(timer);
    },
  };
}

export function endGroup(pid: number, signal: NodeJS.Signals = 'SIGTERM'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}
