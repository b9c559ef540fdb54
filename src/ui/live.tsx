import { Box, render, Static, Text, type Instance } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Reporter } from '../model.js';
import { emptyBoard, fold, type Board } from './board.js';
import type { LogOf } from './index.js';
import { liveLines, screenRows, type Screen } from './layout.js';
import { createStore, type Store } from './store.js';
import { createStyle, type Style } from './style.js';
import { summaryLines, type SummaryOptions } from './summary.js';
import { eraseBroken, inkStream, sizeOf, type SafeWriter } from './terminal.js';
import { lineWidth, type Line } from './text.js';

/** Frames a second: what a spinner needs and an eye follows; a hundred chatty builds cost no more. */
const FRAME_MS = 100;

export type LiveOptions = {
  readonly stream: NodeJS.WriteStream;
  readonly write: SafeWriter['write'];
  readonly color: boolean;
  /** Milliseconds since the epoch, as in the events. */
  readonly now: () => number;
  readonly logOf: LogOf;
  readonly typed: (text: string) => string;
};

/** Draws a run on a terminal. Events are folded at once and drawn with the next frame. */
export function createLiveReporter({ stream, write, color, now, logOf, typed }: LiveOptions): Reporter {
  const store = createStore(() => screenRows(board, { ...sizeOf(stream), now: now() }));
  let board = emptyBoard;
  let mounted: Mounted | null = null;
  return {
    event(event) {
      board = fold(board, event);
      if (event.kind === 'run-started' && board.rows.length > 0) {
        mounted ??= mount(<LiveScreen store={store} style={createStyle(color)} />, store, { stream, write });
      }
      if (event.kind === 'interrupted') store.refresh();
    },
    async close() {
      const resized = await mounted?.unmount(board.outcome !== null);
      mounted = null;
      // After a resize nobody knows what became of the lines above: all of it is said again.
      const shown = new Set(resized ? [] : wholeRows(store.get()));
      const lines = closingLines(board, { color, shown, columns: sizeOf(stream).columns, logOf });
      write(typed(lines.map((line) => `${line}\n`).join('')));
    },
  };
}

type Frame = Omit<Screen, 'done'>;

/** The screen beside the one with the scrollback, as full-screen programs have it. */
const ENTER = '\x1b[?1049h\x1b[H';
const LEAVE = '\x1b[?1049l';
const CLEAR = '\x1b[2J\x1b[H';

/**
 * Draws frame after frame on a screen of its own, until it is closed. The same frame is not drawn again; after a
 * resize nobody knows what became of the lines, so the screen is cleared.
 */
export function createLiveView(
  compute: (size: { columns: number; rows: number }) => Frame,
  { stream, write, color }: Pick<LiveOptions, 'stream' | 'write' | 'color'>,
): { readonly close: () => Promise<void> } {
  let last: { readonly frame: Frame; readonly screen: Screen } | null = null;
  const store = createStore(() => {
    const frame = compute(sizeOf(stream));
    if (last?.frame !== frame) last = { frame, screen: { done: [], ...frame } };
    return last.screen;
  });
  const onResize = () => {
    write(CLEAR);
  };
  write(ENTER);
  const mounted = mount(<LiveScreen store={store} style={createStyle(color)} />, store, { stream, write });
  stream.prependListener('resize', onResize);
  return {
    async close() {
      stream.off('resize', onResize);
      await mounted.unmount(false);
      write(LEAVE);
    },
  };
}

function wholeRows({ done }: Screen): string[] {
  return done.filter((row) => row.whole).map((row) => row.app);
}

function closingLines({ outcome, startedAt, endedAt }: Board, options: SummaryOptions): string[] {
  if (outcome === null) return [];
  return summaryLines(outcome, {
    ...options,
    ms: startedAt === null || endedAt === null ? 0 : endedAt - startedAt,
  });
}

type Target = Pick<LiveOptions, 'stream' | 'write'>;
/** `unmount` says whether the terminal was resized meanwhile. */
type Mounted = { readonly unmount: (erase: boolean) => Promise<boolean> };

function mount(element: React.JSX.Element, store: Store, { stream, write }: Target): Mounted {
  store.refresh();
  const ink = render(element, { stdout: inkStream(stream, write), patchConsole: false, exitOnCtrlC: false });
  let resized = false;
  const onResize = () => {
    resized = true;
    write(eraseBroken(liveLines(store.get()).map(lineWidth), sizeOf(stream).columns));
    store.refresh();
    ink.rerender(element);
  };
  // Before Ink's own listener, so that Ink redraws lines that fit.
  stream.prependListener('resize', onResize);
  const ticker = setInterval(store.refresh, FRAME_MS);
  ticker.unref();
  return {
    async unmount(erase) {
      clearInterval(ticker);
      stream.off('resize', onResize);
      store.refresh();
      await finish(ink, element, erase);
      return resized;
    },
  };
}

async function finish(ink: Instance, element: React.JSX.Element, erase: boolean): Promise<void> {
  // Synchronous, unlike a change of the store: the last finished rows are above before the live area goes.
  ink.rerender(element);
  if (erase) ink.clear();
  const exited = ink.waitUntilExit();
  ink.unmount();
  await exited;
}

function LiveScreen({ store, style }: { readonly store: Store; readonly style: Style }) {
  const screen = useSyncExternalStore(store.subscribe, store.get);
  return (
    <>
      <Static items={[...screen.done]}>
        {(row) => (
          <Box key={row.app} flexDirection="column">
            {row.lines.map((line, i) => (
              <LineRow key={i} line={line} style={style} />
            ))}
          </Box>
        )}
      </Static>
      {liveLines(screen).map((line, i) => (
        <LineRow key={i} line={line} style={style} />
      ))}
    </>
  );
}

/**
 * A text node for each segment. Colours are in the text, not Ink's props: chalk looks at stdout, and this is
 * stderr. And Ink keeps the measure of every text it ever saw: whole lines with a running clock would pile up.
 */
function LineRow({ line, style }: { readonly line: Line; readonly style: Style }) {
  return (
    <Box>
      {line.map(({ text, tone }, i) => (
        <Text key={i} wrap="truncate-end">
          {tone ? style[tone](text) : text}
        </Text>
      ))}
    </Box>
  );
}
