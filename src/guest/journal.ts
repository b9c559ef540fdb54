import type { AppName } from '../model.js';
import { ask, BIN, type Asked } from './ask.js';

/** The last lines that a unit, or (null) anything in this boot, has written; none where nobody answers in time. */
export async function journalOf(guest: Asked, unit: string | null): Promise<string[]> {
  const what = unit === null ? ['--boot', '--output', 'short'] : ['--unit', unit, '--output', 'cat'];
  const journal = await ask(guest, [`${BIN}/journalctl`, ...what, '--lines', '20', '--no-pager']);
  return (journal?.stdout ?? '').split('\n').filter((line) => line !== '');
}

/** The command that shows a person the same, and more. */
export function lookInside(app: AppName, unit: string | null): string {
  return `look inside: incus exec ${app} -- journalctl ${unit === null ? '-b' : `-u ${unit}`}`;
}
