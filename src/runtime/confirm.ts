import { createInterface } from 'node:readline/promises';
import { EXIT, ProblemError } from '../domain/problem.js';
import type { Context, GlobalOptions } from './context.js';

/** Only where a person sees the question and can answer it. */
export function mayAsk(
  { input, progress, quiet }: GlobalOptions & { readonly input: boolean },
  { stdin, stderr }: Context,
): boolean {
  const speaks = !quiet && progress !== 'json' && progress !== 'quiet';
  return input && speaks && stdin.isTTY && stderr.isTTY;
}

/** Only y or yes is yes, the end of input is no. */
export async function confirm(question: string, context: Context): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`, context));
}

/** Asks on stderr; the end of input is an empty answer. Ctrl-C ends the run: nothing was touched. */
export async function ask(question: string, { stdin, stderr }: Context): Promise<string> {
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
    const answer = await Promise.race([prompt.question(`${question} `), closed, interrupted]);
    return answer.trim();
  } finally {
    prompt.close();
  }
}
