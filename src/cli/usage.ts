import type { CommanderError } from 'commander';
import { EXIT, ProblemError } from '../problem.js';

/** What commander found wrong, in our words. */
export function usageError({ code, message }: CommanderError): ProblemError {
  if (code === 'commander.help') {
    const hint = '`pets --help` lists them; a command of several has a --help of its own';
    return new ProblemError({ message: 'no command given', hint }, EXIT.usage);
  }
  const words = message.replace(/^error: /, '').replace(/\n\(/, ' (');
  const hint =
    code === 'commander.unknownOption'
      ? 'options come after the command; `pets <command> --help` lists them'
      : '`pets --help` lists the commands, `pets <command> --help` their options';
  return new ProblemError({ message: words, hint }, EXIT.usage);
}
