import { createInterface } from 'node:readline/promises';
import { EXIT, ProblemError } from '../problem.js';
import type { Context, GlobalOptions } from './context.js';

/** Only where a person sees the question and can answer it. */
export function mayAsk(
  { input, progress, quiet }: GlobalOptions & { readonly input: boolean },
  { stdin, stderr }: Context,
): boolean {
  const speaks = !quiet && progress !== 'json' && progress !== 'quiet';
  return input && speaks && stdin.isTTY && stderr.isTTY;
}

/** Asks on stderr; only y or yes is yes, the end of input is no. Ctrl-C ends the run: nothing was touched. */
export async function confirm(question: string, { stdin, stderr }: Context): Promise<boolean> {
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
  });
  try {
    const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed, interrupted]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
