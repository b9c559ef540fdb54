import { ask, BIN, type Asked } from './ask.js';

/**
 * The last lines that a unit, or (null) anything in this boot, has written since the attempt began; none where nobody
 * answers in time.
 */
export async function journalOf(guest: Asked, unit: string | null): Promise<string[]> {
  const what = unit === null ? ['--boot', '--output', 'short'] : ['--unit', unit, '--output', 'cat'];
  const since = guest.since === undefined ? [] : [`--since=@${Math.floor(guest.since / 1000)}`];
  const journal = await ask(guest, [`${BIN}/journalctl`, ...what, ...since, '--lines', '20', '--no-pager']);
  return (journal?.stdout ?? '').split('\n').filter((line) => line !== '');
}

/** The command that shows a person the same, and more; also when the guest has booted anew meanwhile. */
export function lookInside({ app, since }: Pick<Asked, 'app' | 'since'>, unit: string | null): string {
  const shown = unit !== null && /^[\w@.:-]+$/.test(unit) ? unit : `'${unit ?? '*'}'`;
  const from = since === undefined ? '' : ` --since ${new Date(since).toISOString().replace(/\.\d+/, '')}`;
  return `look inside: \`pets logs ${app} -u ${shown}${from}\``;
}
