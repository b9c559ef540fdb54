import { poll } from '../lib/wait.js';
import { FailedProgram, ProblemError } from '../domain/problem.js';
import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import type { Bytes, ExecResult } from '../lib/program.js';
import type { StoreTools } from './backend.js';
import type { GuestNix } from './guest-nix.js';

const ATTEMPTS = 3;
/** A guest that has just died reads as running for a moment. */
const LOOKS = 10;
const LOOK_MS = 200;

/** A guest that paths are sent to. */
export type Receiver = {
  readonly app: AppName;
  readonly nix: GuestNix;
  /** How long a stream may stand still. */
  readonly idleMs: number;
  readonly onBytes: (bytes: number) => void;
  /** Those that it lacks. */
  readonly missing: (paths: readonly string[]) => Promise<readonly string[]>;
};

/** How the two ends of a stream ended. */
type Sent = { readonly from: End; readonly to: End };
type End = Omit<ExecResult, 'stdout'>;

/** A stream may break for want of one thing or another: what has not arrived is sent again, a time or two. */
export async function sendAll(
  paths: readonly string[],
  receiver: Receiver,
  tools: Pick<StoreTools, 'incus' | 'stream'>,
): Promise<void> {
  const { app, missing } = receiver;
  const explain = async (error: unknown): Promise<never> => {
    throw (await absenceOf(app, tools.incus, LOOKS)) ?? error;
  };
  let left = paths;
  for (let n = 1; left.length > 0; n++) {
    const sent = await send(left, receiver, tools).catch(explain);
    if (sent.from.exitCode === 0 && sent.to.exitCode === 0) return;
    if (n === ATTEMPTS) throw (await absenceOf(app, tools.incus, 1)) ?? sendFailed(app, sent);
    left = await missing(left).catch(explain);
  }
}

async function send(
  paths: readonly string[],
  { app, nix, idleMs, onBytes }: Receiver,
  { incus, stream }: Pick<StoreTools, 'incus' | 'stream'>,
): Promise<Sent> {
  const into = [`${nix.directory}nix-store`, '--import'];
  const { taken: to, ...from } = await stream(['nix-store', '--export', ...paths], (output) =>
    incus.feed(app, into, counted(output, onBytes), idleMs).catch(endOfLost),
  );
  return { from, to };
}

/** Nobody knows how a command ended whose connection was lost; what has arrived is there all the same. */
function endOfLost(error: unknown): End {
  if (!(error instanceof ProblemError) || error.problems[0]?.code !== 'daemon-lost') throw error;
  return { exitCode: null, stderr: error.message };
}

async function* counted(pieces: Bytes, onBytes: (bytes: number) => void): Bytes {
  for await (const piece of pieces) {
    onBytes(piece.byteLength);
    yield piece;
  }
}

/** A guest that was stopped or frozen meanwhile is why nothing arrives. */
async function absenceOf(app: AppName, incus: Incus, attempts: number): Promise<ProblemError | null> {
  const isAway = (status: string) => status !== 'Running';
  const look = () => incus.status(app).catch(() => 'Running');
  const status = await poll(look, isAway, { attempts, everyMs: LOOK_MS });
  return isAway(status) ? brokenOff(app, `the container does not run any more (${status})`, []) : null;
}

/** Where one of the two fails the other usually does as well: the guest's words are the ones to begin with. */
function sendFailed(app: AppName, { from, to }: Sent): FailedProgram {
  const log = `${from.stderr}\n${to.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const why = [to.stderr, from.stderr].map((text) => text.trim().split('\n').at(-1) ?? '');
  return brokenOff(app, why.find((line) => line !== '') ?? 'nothing was said', log);
}

function brokenOff(app: AppName, why: string, log: readonly string[]): FailedProgram {
  const message = `sending the system broke off: ${why}`;
  const hint = `what has arrived stays there; \`pets up ${app}\` sends the rest`;
  return new FailedProgram({ code: 'transfer-failed', app, message, hint }, log);
}
