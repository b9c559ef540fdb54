import { EXIT, type ExitCode } from '../domain/problem.js';
import type { Context } from './context.js';

const CTRL_C = '\u0003';

/** Tells when a person wants to leave: `q`, or Ctrl-C, which a terminal that is read key by key gives as a key. */
export function watchKeys(
  own: Pick<Context, 'stdin'>,
  leave: (code: ExitCode) => void,
): { readonly close: () => void } {
  const stdin = own.stdin();
  if (!stdin.isTTY) return { close: () => undefined };
  const onData = (data: Buffer) => {
    const keys = data.toString();
    if (keys.includes(CTRL_C)) leave(EXIT.interrupted);
    else if (keys.includes('q')) leave(EXIT.ok);
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  return {
    close: () => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
