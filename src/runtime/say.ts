import { paced, type Tell } from '../lib/progress.js';
import { chooseMode, createTeller, jsonLine, oneLine } from '../ui/index.js';
import type { Context, GlobalOptions } from './context.js';

/** Progress of what is no plan: a line per step on stderr. */
export function sayer(app: string, options: GlobalOptions, { stderr }: Context): (line: string) => void {
  if (options.quiet || options.progress === 'quiet') return () => undefined;
  if (options.progress !== 'json') return (line) => stderr.write(`${oneLine(`${app}: ${line}`)}\n`);
  return (line) => {
    const time = new Date().toISOString();
    stderr.write(`${jsonLine({ v: 1, type: 'step', time, app, line })}\n`);
  };
}

/** How far that is, where it takes long. Null: of no app alone. */
export function teller(app: string | null, options: GlobalOptions, { stderr, env }: Context): Tell {
  const surroundings = { isTTY: stderr.isTTY, ci: env['CI'] !== undefined, term: env['TERM'] };
  const mode = chooseMode(options.quiet ? 'quiet' : options.progress, surroundings);
  return paced(createTeller(mode, app, stderr));
}
