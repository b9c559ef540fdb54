import { DEPLOYED } from '../domain/labels.js';
import { ProblemError } from '../domain/problem.js';
import type { Context, GlobalOptions } from './context.js';

export type Typed = (text: string) => string;

/**
 * Commands in a text, between backticks, as they must be typed: a verb that was told by what to go hands that on. What
 * gives the advice does not know of it.
 */
export function typedFor(
  { file, deployed }: Pick<GlobalOptions, 'file'> & { readonly deployed?: boolean },
  { env, freeVerbs }: Pick<Context, 'env' | 'freeVerbs'>,
): Typed {
  const option = deployed === true || file === DEPLOYED ? '--deployed' : fileOption(file, env);
  if (option === null) return (text) => text;
  return (text) =>
    text.replace(
      /`pets (volume (?:ls|rm)|[a-z]+)(?=[ `])(?![^`]*--(?:deployed|file))/g,
      (command, verb: string) =>
        freeVerbs.has(verb) || (verb === 'adopt' && option === '--deployed')
          ? command
          : `${command} ${option}`,
    );
}

/** The variable is still set for the next command. */
function fileOption(file: string | undefined, env: Context['env']): string | null {
  if (file === undefined || file === '' || file === env['PETS_FILE']) return null;
  return `--file ${shellWord(file)}`;
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** The same error, with its advice as it must be typed. */
export function asTyped(error: ProblemError, typed: Typed): ProblemError {
  const problems = error.problems.map((problem) => ({
    ...problem,
    message: typed(problem.message),
    ...(problem.hint !== undefined && { hint: typed(problem.hint) }),
  }));
  return new ProblemError(problems, error.exitCode);
}
