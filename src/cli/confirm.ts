import { createInterface } from 'node:readline/promises';
import { EXIT, ProblemError } from '../problem.js';
import type { Context } from './context.js';

/** Asks on stderr; only y or yes is yes, the end of input is no. Ctrl-C ends the run: nothing was touched. */
export async function confirm(question: string, { stdin, stderr, stop }: Context): Promise<boolean> {
  const prompt = createInterface({ input: stdin, output: stderr });
  const closed = new Promise<string>((resolve) => {
    prompt.once('close', () => {
      resolve('');
    });
  });
  // readline takes Ctrl-C from the terminal before the process sees it.
  const interrupted = new Promise<never>((_, reject) => {
    const end = () => {
      reject(new ProblemError({ message: 'interrupted; nothing was changed' }, EXIT.interrupted));
    };
    prompt.once('SIGINT', end);
    stop.addEventListener('abort', end, { once: true });
  });
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed, interrupted]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
