import { farWords } from './far.js';
import { plain } from './plain.js';
import type { ProgressKind, Teller, TellWiring, Wiring } from './reporter.js';
import { oneLine } from '../style.js';
import { sizeOf } from '../terminal.js';
import { fit } from '../text.js';

/** A live screen, for people. */
export const tty: ProgressKind = {
  speech: 'words',
  run: async (wiring) =>
    wiring.isIdle ? plain.run(wiring) : (await importLive(wiring.env)).createLiveReporter(wiring),
  build: plain.build,
  tell: createTeller,
};

const ERASE = '\r\x1b[2K';

/** A line that goes again. */
function createTeller({ stream, app }: TellWiring): Teller {
  let isShown = false;
  return (far) => {
    if (far === null) {
      if (isShown) stream.write(ERASE);
      isShown = false;
      return;
    }
    isShown = true;
    const line = oneLine(`${app ?? 'pets'}: ${farWords(far)}`);
    stream.write(`${ERASE}${fit(line, sizeOf(stream).columns - 1)}`);
  };
}

/**
 * Ink reads these once, while it is imported, and has no option for them (6.8): with CI it draws no live area
 * at all, with DEV it looks for React's devtools. Who came here decided that there is a terminal to draw on.
 */
const MISLEADING = ['CI', 'CONTINUOUS_INTEGRATION', 'DEV'];

/** On demand: Ink takes a third of a second to load, and `pets diff` never needs it. */
export async function importLive(env: Wiring['env']): Promise<typeof import('./live.js')> {
  const kept = MISLEADING.map((name) => [name, env[name]] as const);
  for (const [name, value] of kept) if (value !== undefined) env[name] = 'false';
  try {
    return await import('./live.js');
  } finally {
    for (const [name, value] of kept) if (value !== undefined) env[name] = value;
  }
}
