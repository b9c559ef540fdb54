import { Box, render, Text, type Instance } from 'ink';
import { useSyncExternalStore } from 'react';
import type { Reporter } from '../../domain/event.js';
import { emptyBoard, reduce, type ProgressState } from './board.js';
import { frameLines, screenRows, type Screen } from './layout.js';
import type { Wiring } from './reporter.js';
import { createStore, type Store } from './store.js';
import { createStyle, type Style } from '../style.js';
import { summaryLines, type SummaryOptions } from './summary.js';
import { inkStream, sizeOf } from '../terminal.js';
import { paint, type Line } from '../text.js';

/** Frames a second: what a spinner needs and an eye follows; a hundred chatty builds cost no more. */
const FRAME_MS = 100;

/**
 * Draws a run on a terminal, and says at its end what came of it. Events are folded at once and drawn with the next
 * frame.
 */
export function createLiveReporter({ stream, write, color, now, logOf, typed }: Wiring): Reporter {
  const store = createStore(() => screenRows(board, { ...sizeOf(stream), now: now() }));
  let board = emptyBoard;
  let mounted: Mounted | null = null;
  return {
    event(event) {
      board = reduce(board, event);
      if (event.kind === 'run-started' && board.rows.length > 0)
        mounted ??= mount(store, { stream, write, color });
      if (event.kind === 'interrupted') store.refresh();
    },
    async close() {
      await mounted?.unmount(board.outcome === null);
      mounted = null;
      const lines = closingLines(board, { color, columns: sizeOf(stream).columns, logOf });
      write(typed(lines.map((line) => `${line}\n`).join('')));
    },
  };
}

/** Draws frame after frame until it is closed. The same frame is not drawn again. */
export function createLiveView(
  compute: (size: { columns: number; rows: number }) => Frame,
  { stream, write, color }: Target,
): { readonly close: () => Promise<void> } {
  let last: { readonly frame: Frame; readonly screen: Screen } | null = null;
  const store = createStore(() => {
    const frame = compute(sizeOf(stream));
    if (last?.frame !== frame) last = { frame, screen: { done: [], ...frame } };
    return last.screen;
  });
  const mounted = mount(store, { stream, write, color });
  return { close: () => mounted.unmount(false) };
}

type Frame = Omit<Screen, 'done'>;

function closingLines({ outcome, startedAt, endedAt }: ProgressState, options: SummaryOptions): string[] {
  if (outcome === null) return [];
  return summaryLines(outcome, {
    ...options,
    ms: startedAt === null || endedAt === null ? 0 : endedAt - startedAt,
  });
}

type Target = Pick<Wiring, 'stream' | 'write' | 'color'>;
/** `unmount`: whether the last frame is to stay. */
type Mounted = { readonly unmount: (stays: boolean) => Promise<void> };

/** The screen beside the one with the scrollback, as full-screen programs have it. */
const ENTER = '\x1b[?1049h\x1b[H';
const LEAVE = '\x1b[?1049l';
const CLEAR = '\x1b[H\x1b[J';
/** Ink hides the cursor and shows it again. */
const MODES = /^(?:\x1b\[\?\d+[hl])+$/;

/**
 * On a screen of its own. A terminal that gets narrower breaks the lines of the other one, before we know of it and with
 * frames under way: nobody can count then what has to be erased, and what has gone into the scrollback stays there.
 */
function mount(store: Store, { stream, write, color }: Target): Mounted {
  const style = createStyle(color);
  const linesOf = (screen: Screen) => frameLines(screen, sizeOf(stream));
  const element = <LiveScreen store={store} style={style} linesOf={linesOf} />;
  let isLeft = false;
  const leave = (stays: boolean) => {
    if (isLeft) return;
    isLeft = true;
    const last = stays ? linesOf(store.get()) : [];
    write(`${LEAVE}${last.map((line) => `${paint(line, style)}\n`).join('')}`);
  };
  // A process that ends before its time leaves the terminal as it was too.
  const onExit = () => {
    leave(true);
  };
  store.refresh();
  write(ENTER);
  process.once('exit', onExit);
  const stdout = inkStream(stream, (text) => (isLeft && !MODES.test(text) ? true : write(text)));
  const ink = render(element, { stdout, patchConsole: false, exitOnCtrlC: false });
  const onResize = () => {
    write(CLEAR);
    store.refresh();
    ink.rerender(element);
  };
  // Before Ink's own listener, so that Ink redraws lines that fit.
  stream.prependListener('resize', onResize);
  const ticker = setInterval(store.refresh, FRAME_MS);
  ticker.unref();
  return {
    async unmount(stays) {
      clearInterval(ticker);
      stream.off('resize', onResize);
      process.off('exit', onExit);
      store.refresh();
      leave(stays);
      await finish(ink);
    },
  };
}

async function finish(ink: Instance): Promise<void> {
  const exited = ink.waitUntilExit();
  ink.unmount();
  await exited;
}

type LiveScreenProps = {
  readonly store: Store;
  readonly style: Style;
  readonly linesOf: (screen: Screen) => readonly Line[];
};

function LiveScreen({ store, style, linesOf }: LiveScreenProps) {
  const screen = useSyncExternalStore(store.subscribe, store.get);
  return (
    <>
      {linesOf(screen).map((line, i) => (
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
