import { createInterface } from 'node:readline/promises';
import { EXIT, ProblemError } from '../domain/problem.js';
import type { Context } from './context.js';
import type { Output } from './output.js';

/** Questions to a person. */
export type Prompt = {
  /** Whether there is a person who sees a question and can answer it. */
  readonly mayAsk: boolean;
  readonly ask: (question: string) => Promise<string>;
  readonly confirm: (question: string) => Promise<boolean>;
};

type Streams = Pick<Context, 'stdin' | 'stderr'>;

export function promptOn(streams: Streams, mayAsk: () => boolean): Prompt {
  return {
    get mayAsk() {
      return mayAsk();
    },
    ask: (question) => ask(question, streams),
    confirm: (question) => confirm(question, streams),
  };
}

/** Only where a person sees the question and can answer it. */
export function mayAsk(
  { input = true }: { readonly input?: boolean },
  { speaks }: Pick<Output, 'speaks'>,
  { stdin, stderr }: Streams,
): boolean {
  return input && speaks && stderr.isTTY && stdin().isTTY;
}

/** Only y or yes is yes, the end of input is no. */
async function confirm(question: string, streams: Streams): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`, streams));
}

/** Asks on stderr; the end of input is an empty answer. Ctrl-C ends the run: nothing was touched. */
async function ask(question: string, { stdin, stderr }: Streams): Promise<string> {
  const prompt = createInterface({ input: stdin(), output: stderr });
  const closed = new Promise<string>((resolve) => {
    prompt.once('close', () => {
      resolve('');
    });
  });
  // readline takes Ctrl-C from the terminal before the process sees it.
  const interrupted = new Promise<never>((_, reject) => {
    const end = () => {
      reject(
        new ProblemError(
          { code: 'interrupted', message: 'interrupted; nothing was changed' },
          EXIT.interrupted,
        ),
      );
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
