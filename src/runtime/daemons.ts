import type { Incus } from '../domain/services.js';
import { attachOver, type Attach } from '../incus/client/attach.js';
import { incusOver } from '../incus/client/client.js';
import { connector } from '../incus/client/connections.js';
import { handOver } from '../incus/client/hand-over.js';
import { sender, socketPath } from '../incus/client/http.js';
import { linesOver, type Lines, type LinesResult } from '../incus/client/lines.js';
import { RestClient, unwrap } from '../incus/client/operations.js';
import { processOf } from '../incus/client/server.js';
import { bootsOver } from '../incus/observe/boots.js';
import { profilesOver } from '../incus/observe/profiles.js';
import { usageOver } from '../incus/observe/usage.js';
import type { Variables } from '../lib/environment.js';
import { trialsDirectory } from '../state/folders.js';
import { trialsIn } from './trials.js';
import { withErrorContext } from '../incus/client/attempt.js';

/** The daemon of this host. */
export const LOCAL = 'local';

export type { LinesResult };

/** One daemon, by all the ways in which it is asked. */
export type Daemon = {
  readonly name: string;
  readonly socket: string;
  readonly incus: (project: string) => Incus;
  /** With one try each: for those who need no answer, or an answer at once. */
  readonly ask: (silenceMs: number) => ReturnType<typeof asker>;
  readonly boots: (project: string) => ReturnType<typeof bootsOver>;
  readonly attach: Attach;
  readonly lines: Lines;
  readonly handOver: (way: Parameters<typeof handOver>[1]) => ReturnType<typeof handOver>;
  readonly process: () => ReturnType<typeof processOf>;
  readonly profiles: ReturnType<typeof profilesOver>;
  readonly usage: ReturnType<typeof usageOver>;
};

/** Those that a project's apps live on. */
export type Daemons = {
  /** All of them; there is one at least. */
  readonly all: readonly Daemon[];
  readonly get: (name: string) => Daemon;
  /** The one that an app lives on. */
  readonly of: (app: string) => Daemon;
};

export function daemonsIn(env: Variables): Daemons {
  const local = daemonAt(LOCAL, socketPath(env), trialsDirectory(env));
  const daemons = new Map([[local.name, local]]);
  return {
    all: [...daemons.values()],
    get: (name) => {
      const daemon = daemons.get(name);
      if (!daemon) throw new Error(`there is no daemon ${name}`);
      return daemon;
    },
    of: () => local,
  };
}

function daemonAt(name: string, socket: string, trials: string): Daemon {
  const attach = attachOver({ rest: new RestClient(sender(socket)), connect: connector(socket) });
  return {
    name,
    socket,
    attach,
    lines: linesOver(attach),
    incus: (project) => incusOver(socket, project, trialsIn(trials)),
    ask: (silenceMs) => asker(socket, silenceMs),
    boots: (project) => bootsOver(socket, project),
    handOver: (way) => handOver(socket, way),
    process: () => processOf(new RestClient(sender(socket))),
    profiles: profilesOver(socket),
    usage: usageOver(socket),
  };
}

/**
 * Asks the daemon with one try each, unlike those who need the answer: its metadata, null where there is no such
 * thing, a ProblemError after `silenceMs` without a word.
 */
function asker(socket: string, silenceMs: number): (path: string) => Promise<unknown> {
  const send = sender(socket);
  return (path) =>
    withErrorContext(`asking Incus for ${path}`, async () => {
      const { status, body } = await send('GET', path, { silenceMs });
      return status === 404 ? null : unwrap(body).metadata;
    });
}
