import { ask, BIN, mustRun, pause, type Asked } from './ask.js';

const POLL_MS = 200;

/** What systemd says of itself while it cannot be asked about units: its bus comes with basic.target (systemctl(1)). */
const ASLEEP = ['', 'unknown', 'offline', 'initializing'];
/** And while it boots, so that a unit which will fail may not have failed yet. */
const BOOTING = [...ASLEEP, 'starting'];

/** True once systemd answers for its units, which it does not while a guest begins to boot; false: not by the deadline. */
export function isAwake(guest: Asked): Promise<boolean> {
  return isPast(ASLEEP, guest);
}

/** True once the guest has booted, whether well or not; false: not by the deadline. */
export function isBooted(guest: Asked): Promise<boolean> {
  return isPast(BOOTING, guest);
}

async function isPast(states: readonly string[], guest: Asked): Promise<boolean> {
  for (;;) {
    const answer = await ask(guest, [`${BIN}/systemctl`, 'is-system-running']);
    if (!states.includes(answer?.stdout.trim() ?? '')) return true;
    await mustRun(guest);
    if (Date.now() > guest.deadline) return false;
    await pause(POLL_MS);
  }
}
