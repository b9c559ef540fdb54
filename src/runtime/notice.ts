import { createStyle, jsonLine, oneLine } from '../ui/index.js';
import { wantsColor, type Context, type GlobalOptions } from './context.js';
import { typedFor } from './typed.js';

/** A line on stderr that is about no app. With `--progress json` it is JSON, with `--quiet` it is not there. */
export function notice(
  type: 'waiting' | 'warning' | 'note',
  message: string,
  options: GlobalOptions,
  context: Context,
): void {
  const { progress, quiet, color } = options;
  const { stderr, env } = context;
  const words = typedFor(options, context)(message);
  if (progress === 'json' && !quiet) {
    stderr.write(`${jsonLine({ v: 1, type, time: new Date().toISOString(), message: words })}\n`);
  } else if (!quiet && progress !== 'quiet') {
    const { bold, yellow } = createStyle(wantsColor(color, env, stderr));
    const head = type === 'warning' ? ` ${yellow('warning:')}` : '';
    stderr.write(`${bold('pets:')}${head} ${oneLine(words)}\n`);
  }
}
