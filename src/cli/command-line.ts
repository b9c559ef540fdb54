import type { Command } from 'commander';
import type { Context } from '../runtime/context.js';
import { createRuntime, type Runtime, type RuntimeOptions } from '../runtime/runtime.js';

/** What a verb does, with all it has around it, its own options and its arguments in order; its exit code. */
export type Verb = (runtime: Runtime, options: never, ...args: never[]) => Promise<number>;

/** Takes the verb's promise, so that the command line knows with which code it ended. */
export type Ends = (result: Promise<number>) => Promise<void>;

/** What verbs are added to. */
export type CommandLine = {
  readonly program: Command;
  readonly context: Context;
  readonly ends: Ends;
  /** For a command whose options and arguments are those of the verb. */
  readonly actionOf: (verb: Verb) => (...given: unknown[]) => Promise<void>;
};

/** A verb's definition: it adds the command with its options, its help and what it does. */
export type AddVerb = (line: CommandLine) => void;

export function commandLineOf(program: Command, context: Context, ends: Ends): CommandLine {
  const actionOf: CommandLine['actionOf'] =
    (verb) =>
    (...given) => {
      // Commander gives the arguments, the options, and the command itself.
      const options = given.at(-2) as RuntimeOptions;
      const args = given.slice(0, -2) as never[];
      return ends(verb(createRuntime(context, options), options as never, ...args));
    };
  return { program, context, ends, actionOf };
}
