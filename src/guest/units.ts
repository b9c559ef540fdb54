import { ask, BIN, type Asked } from './ask.js';

/** A unit as systemd has it in memory. */
export type Unit = {
  readonly id: string;
  /** `not-found`, `loaded`, `masked`… */
  readonly load: string;
  /** `active`, `inactive`, `activating`, `failed`… */
  readonly active: string;
  readonly sub: string;
  /** How often systemd has restarted it of its own accord. */
  readonly restarts: number;
  /** Of its main process; 0: it has none. */
  readonly pid: number;
};

const PROPERTIES = 'Id,LoadState,ActiveState,SubState,NRestarts,MainPID';

/** Those that match (`*`: all that are in memory), or one of that name although it is not there. Null: no answer. */
export async function unitsLike(guest: Asked, pattern: string): Promise<Unit[] | null> {
  const command = [`${BIN}/systemctl`, 'show', `--property=${PROPERTIES}`, '--', pattern];
  const answer = await ask(guest, command);
  if (answer?.exitCode !== 0) return null;
  const blocks = answer.stdout.split('\n\n').filter((block) => block.trim() !== '');
  return blocks.map(unitIn);
}

function unitIn(block: string): Unit {
  const of = (property: string) => new RegExp(`^${property}=(.*)$`, 'm').exec(block)?.[1] ?? '';
  return {
    id: of('Id'),
    load: of('LoadState'),
    active: of('ActiveState'),
    sub: of('SubState'),
    restarts: Number(of('NRestarts')),
    pid: Number(of('MainPID')),
  };
}

export function hasFailed({ active }: Unit): boolean {
  return active === 'failed';
}

/** Between two of its runs. */
export function waitsForRestart({ active, sub }: Unit): boolean {
  return active === 'activating' && sub.startsWith('auto-restart');
}
