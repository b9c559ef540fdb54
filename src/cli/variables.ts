import { Command, CommanderError, Option, type ParseOptionsResult } from 'commander';

type Variables = Readonly<Record<string, string | undefined>>;

/** An option that has its variable: `--eval-jobs` is PETS_EVAL_JOBS. */
export class Flag extends Option {
  readonly variable: string;

  constructor(flags: string, meaning: string) {
    super(flags, meaning);
    this.variable = `PETS_${(this.long ?? '').replace(/^--/, '').replaceAll('-', '_').toUpperCase()}`;
  }
}

const OFF = new Set(['', '0', 'false', 'no', 'off']);

/**
 * A command that takes from `variables` what its flags do not say. Commander can do that too, but only from the
 * process's environment, and it takes any value of a switch's variable for yes: PETS_PRUNE=0 must not prune.
 */
export class VariableCommand extends Command {
  readonly #variables: Variables;

  constructor(variables: Variables, name?: string) {
    super(name);
    this.#variables = variables;
  }

  override createCommand(name?: string): VariableCommand {
    return new VariableCommand(this.#variables, name);
  }

  override parseOptions(argv: string[]): ParseOptionsResult {
    const result = super.parseOptions(argv);
    for (const option of this.options) if (option instanceof Flag) this.#take(option);
    return result;
  }

  #take(flag: Flag): void {
    const name = flag.attributeName();
    const text = this.#variables[flag.variable];
    if (text === undefined || this.getOptionValueSource(name) === 'cli') return;
    if (flag.required) this.setOptionValueWithSource(name, this.#parsed(flag, text), 'env');
    else if (!OFF.has(text.toLowerCase())) this.setOptionValueWithSource(name, !flag.negate, 'env');
  }

  #parsed(flag: Flag, text: string): unknown {
    try {
      return flag.parseArg ? flag.parseArg<unknown>(text, this.getOptionValue(flag.attributeName())) : text;
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      // In commander's words for a flag's value, which are put into ours.
      const what = `option '${flag.flags}' value '${text}' from env '${flag.variable}'`;
      return this.error(`error: ${what} is invalid. ${error.message}`, { code: error.code });
    }
  }
}
