import { killWords } from '../domain/stop-timeout.js';
import type { AppName } from '../domain/names.js';
import type { Guest, Incus } from '../domain/services.js';
import type { Exec } from '../lib/program.js';
import { FailedProgram } from '../domain/problem.js';
import { BIN } from './ask.js';
import { takeBaseline } from './baseline.js';
import { check } from './health.js';
import { secretsIn } from './secrets.js';
import { settle } from './settle.js';
import { sizeOf } from './size-of.js';
import { switchTo } from './switch.js';
import type { Refused } from './switch-exit.js';

/** A pet from inside. `exec`: on the host, for what its store knows. */
export function guestOver(incus: Incus, exec: Exec): Guest {
  return {
    activate: async (app, toplevel, { activation, limitMs, waits, ...stop }, say) => {
      if (activation === 'restart') {
        await restart(incus, app, stop);
        return { warnings: [] };
      }
      if (await hasBooted(incus, app, toplevel)) return { warnings: [] };
      const switched = await switchTo(incus, app, toplevel, { limitMs, say, waits }).catch(
        async (error: unknown) => {
          // A guest that died before or during the switch boots into the new system: the profile is set.
          if ((await incus.status(app)) === 'Running') throw error;
          return refuseDead(app, await incus.consoleTail(app));
        },
      );
      if (switched.kind === 'switched') return { warnings: switched.warnings };
      if (activation === 'switch') throw notSwitched(app, switched);
      say(`${switched.reason}: restarting the container`);
      await restart(incus, app, stop);
      return { warnings: [`${switched.reason}; the container was restarted instead`] };
    },

    takeBaseline: (app, limitMs) => takeBaseline(incus, app, limitMs),
    sizeOf: (app, path, limitMs) => sizeOf(incus, app, path, limitMs),
    settle: (app, toplevel, limitMs, waits, since) => settle(incus, app, toplevel, limitMs, waits, since),
    check: (app, toplevel, health, through, say, since) =>
      check({ incus, exec }, { app, toplevel, health, through, since }, say),
    ...secretsIn(incus),
  };
}

const LINKS_MS = 15_000;

/**
 * Booted into it, by hand or by a run that was cut short: then all of it runs, which `current-system` alone does not say.
 * A guest that does not answer is switched, and that tells why.
 */
async function hasBooted(incus: Incus, app: AppName, toplevel: string): Promise<boolean> {
  const command = [`${BIN}/readlink`, '/run/booted-system', '/run/current-system'];
  const answer = await incus.query(app, command, LINKS_MS).catch(() => null);
  return answer?.stdout === `${toplevel}\n${toplevel}\n`;
}

type Stopping = Pick<Parameters<Guest['activate']>[2], 'graceMs' | 'warn'>;

/** Whatever still runs in the guest, such as a switch that hangs, ends with it. */
async function restart(incus: Incus, app: AppName, { graceMs, warn }: Stopping): Promise<void> {
  const killed = killWords(await incus.stop(app, graceMs));
  if (killed !== null) warn(killed);
  await incus.start(app);
}

function refuseDead(app: AppName, log: readonly string[]): Refused {
  const advice = `run \`pets up ${app}\` again, which starts it`;
  return { kind: 'refused', reason: 'the container had stopped', advice, log };
}

/** `activation = "switch"`: the container is never restarted for it. */
function notSwitched(app: AppName, { reason, advice, log }: Refused): FailedProgram {
  const hint = `${advice}\nactivation = "auto" or "restart" restarts the container instead`;
  return new FailedProgram(
    { code: 'switch-refused', app, message: `the guest was not switched: ${reason}`, hint },
    log,
  );
}
