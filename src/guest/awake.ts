import { poll } from '../lib/wait.js';
import { ask, BIN, mustRun, type Asked } from './ask.js';

const POLL_MS = 200;

/** What systemd says of itself while it cannot be asked about units: its bus comes with basic.target (systemctl(1)). */
const ASLEEP = ['', 'unknown', 'offline', 'initializing'];
/** And while it boots, so that a unit which will fail may not have failed yet. */
const BOOTING = [...ASLEEP, 'starting'];
/** Once its boot has ended as it should, and before it goes down. */
const UP = ['running', 'degraded'];

/** True once systemd answers for its units, which it does not while a guest begins to boot; false: not by the deadline. */
export function isAwake(guest: Asked): Promise<boolean> {
  return isPast(ASLEEP, guest);
}

/** True once the guest has booted, whether well or not; false: not by the deadline. */
export function isBooted(guest: Asked): Promise<boolean> {
  return isPast(BOOTING, guest);
}

/** Whether it is by now: looks once. */
export async function isUp(guest: Asked): Promise<boolean> {
  return UP.includes(await stateOf(guest));
}

function isPast(states: readonly string[], guest: Asked): Promise<boolean> {
  const look = async () => {
    const isThere = !states.includes(await stateOf(guest));
    if (!isThere) await mustRun(guest);
    return isThere;
  };
  return poll(look, (isThere) => isThere, { deadline: guest.deadline, everyMs: POLL_MS });
}

async function stateOf(guest: Asked): Promise<string> {
  const answer = await ask(guest, [`${BIN}/systemctl`, 'is-system-running']);
  return answer?.stdout.trim() ?? '';
}
