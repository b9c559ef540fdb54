/** docs/errors.md, every code that a problem can have, from the program itself. */
import { PROBLEM_CODES } from '../src/domain/problem-code.js';

/** Markdown. */
export function errorsPage(): string {
  const rows = Object.entries(PROBLEM_CODES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [
    '<!-- Made by `npm run docs`: edit src/domain/problem-code.ts instead. -->',
    '',
    '# Codes of problems',
    '',
    'The words of a message change, its code does not. Every problem that `--progress json` and `--json` print has',
    '`code`, `message`, `place` and `hint`, and in `data` what of the message a script can use (`binding`, `unit`,',
    '`socket`, …), by name. What it has not is null; a record of a run from before there were codes has no `code`.',
    'Do not stop at a code that is not here: later versions may have more.',
    '',
    '| code | |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}
