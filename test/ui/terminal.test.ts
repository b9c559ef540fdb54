import { expect, test } from '@jest/globals';
import { inkStream, safeWriter, sizeOf } from '../../src/ui/terminal.js';
import { fakeTerminal, Screen } from './screen.js';

test('a stream that does not say its size has the usual one', () => {
  expect(sizeOf(fakeTerminal(new Screen({ columns: 0, rows: 0 })))).toEqual({ columns: 80, rows: 24 });
});

test('Ink is told of a terminal without end, and its last write is always answered', async () => {
  const screen = new Screen({ columns: 80, rows: 24 });
  const stream = inkStream(fakeTerminal(screen), () => false);
  expect([stream.columns, stream.rows > 1e6]).toEqual([80, true]);
  await new Promise<void>((resolve) =>
    stream.write('x', () => {
      resolve();
    }),
  );
  expect(screen.written).toEqual([]);
});

test('writes nothing more to a stream that has ended, and flushes all the same', async () => {
  const screen = new Screen({ columns: 80, rows: 24 });
  const stream = fakeTerminal(screen);
  const { write, flush } = safeWriter(stream);
  expect(write('a')).toBe(true);
  stream.end();
  expect(write('b')).toBe(false);
  await flush();
  expect(screen.text()).toBe('a');
});
