import { createStyle, jsonLine, oneLine } from '../ui/index.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';

/** A line on stderr that is about no app. With `--progress json` it is JSON, with `--quiet` it is not there. */
export function notice(
  type: 'waiting' | 'warning' | 'note',
  message: string,
  { progress, quiet, color }: GlobalOptions,
  { stderr, env }: Context,
): void {
  if (progress === 'json' && !quiet) {
    stderr.write(`${jsonLine({ v: 1, type, time: new Date().toISOString(), message })}\n`);
  } else if (!quiet && progress !== 'quiet') {
    const { bold, yellow } = createStyle(wantsColor(color, env, stderr));
    const head = type === 'warning' ? ` ${yellow('warning:')}` : '';
    stderr.write(`${bold('pets:')}${head} ${oneLine(message)}\n`);
  }
}
