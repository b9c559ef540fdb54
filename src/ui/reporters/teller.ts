import type { HowFar } from '../../lib/progress.js';
import { FAR_MS, farWords } from './far.js';
import type { ProgressMode } from '../index.js';
import { jsonLine } from './json.js';
import { oneLine } from '../style.js';
import { sizeOf } from '../terminal.js';
import { fit } from '../text.js';

const ERASE = '\r\x1b[2K';

/** How far work is that is no plan, on one app or (null) for all: on a terminal a line that goes again, else a line now and then. */
export function createTeller(
  mode: ProgressMode,
  app: string | null,
  stream: NodeJS.WriteStream,
  now: () => number = Date.now,
): (far: HowFar | null) => void {
  let toldAt = -Infinity;
  let isShown = false;
  const head = app ?? 'pets';
  return (far) => {
    if (far === null) {
      if (isShown) stream.write(ERASE);
      isShown = false;
    } else if (mode === 'json') {
      stream.write(
        `${jsonLine({ v: 1, type: 'progress', time: new Date(now()).toISOString(), ...(app === null ? {} : { app }), ...far })}\n`,
      );
    } else if (mode === 'tty') {
      isShown = true;
      stream.write(`${ERASE}${fit(oneLine(`${head}: ${farWords(far)}`), sizeOf(stream).columns - 1)}`);
    } else if (mode === 'plain' && now() - toldAt >= FAR_MS) {
      toldAt = now();
      stream.write(`${oneLine(`${head}: ${farWords(far)}`)}\n`);
    }
  };
}
