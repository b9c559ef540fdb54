import { failureOf, runToEnd, type Ended } from './support/process.js';

/** How the real Nix ends with an expression. */
export const evaluated = (expression: string): Promise<Ended> =>
  runToEnd('nix', ['eval', '--json', '--impure', '--expr', expression]);

/** What an expression comes to; one that fails is an error. */
export async function nixValue(expression: string): Promise<unknown> {
  const ended = await evaluated(expression);
  if (ended.code !== 0) throw new Error(failureOf('nix', ['eval'], ended));
  return JSON.parse(ended.stdout);
}
