import type { Output } from './output.js';

/** After so long without a word people think that something hangs. */
const SILENCE_MS = 10_000;

/** Says what is waited for once that takes long, and again after twice as long each time. */
export async function tellWaiting<T>(
  what: string,
  work: Promise<T>,
  output: Pick<Output, 'notice'>,
): Promise<T> {
  let [pause, passed] = [SILENCE_MS, 0];
  const tell = () => {
    passed += pause;
    output.notice('waiting', `waiting for ${what} (${passed / 1000} s)`);
    pause = passed;
    timer = setTimeout(tell, pause);
  };
  let timer = setTimeout(tell, pause);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
