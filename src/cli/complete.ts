import type { Argument, Command, Option } from 'commander';
import { DEPLOYED } from '../domain/labels.js';
import type { ValueWanted, Word } from '../runtime/complete-values.js';

/** What may stand at the end of a command line. */
export type Wanted = ValueWanted & {
  /** The last command that is named. */
  readonly command: Command;
  /** Known from the program alone. */
  readonly words: readonly Word[];
  /** What stands before the value in the same word: `--file=`. */
  readonly prefix: string;
};

type Reading = {
  command: Command;
  readonly given: string[];
  /** The option whose value is the next word. */
  open: Option | null;
  file: string | undefined;
  /** After `--` there are no options. */
  isOver: boolean;
  /** What follows `help` are commands, and nothing that is theirs. */
  isHelp: boolean;
};

/** `words`: those after `pets`; the last one is being written. */
export function wantedAt(program: Command, words: readonly string[]): Wanted {
  const reading: Reading = {
    command: program,
    given: [],
    open: null,
    file: undefined,
    isOver: false,
    isHelp: false,
  };
  for (const word of words.slice(0, -1)) read(word, reading);
  const current = words.at(-1) ?? '';
  const { command, given, open, file, isOver, isHelp } = reading;
  const wanted = { command, words: [], value: null, prefix: '', given, file };
  if (isHelp) return { ...wanted, words: given.length > 0 ? [] : commandsOf(command) };
  if (open) return { ...wanted, ...valueOf(open, command) };
  const [flag = '', isAssigned] = [current.split('=')[0], current.includes('=')];
  if (!isOver && current.startsWith('--') && isAssigned) {
    const option = optionNamed(flag, command);
    return option ? { ...wanted, ...valueOf(option, command), prefix: `${flag}=` } : wanted;
  }
  if (!isOver && current.startsWith('-')) return { ...wanted, words: flagsOf(command) };
  if (command.commands.length > 0)
    return given.length > 0 ? wanted : { ...wanted, words: commandsOf(command) };
  const at = command.registeredArguments;
  const argument = at[given.length] ?? at.findLast(({ variadic }) => variadic);
  return argument ? { ...wanted, ...argumentOf(argument, command) } : wanted;
}

function read(word: string, reading: Reading): void {
  const { command, open } = reading;
  if (open) {
    if (open.long === '--file') reading.file = word;
    reading.open = null;
  } else if (word === '--' && !reading.isOver) {
    reading.isOver = true;
  } else if (word.startsWith('-') && !reading.isOver) {
    const [flag = '', ...value] = word.split('=');
    const option = optionNamed(flag, command);
    if (option?.long === '--deployed') reading.file = DEPLOYED;
    if (option?.long === '--file' && value.length > 0) reading.file = value.join('=');
    reading.open = option?.required && value.length === 0 ? option : null;
  } else if (word === 'help' && command.parent === null && !reading.isHelp) {
    reading.isHelp = true;
  } else {
    const below = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word));
    if (below) reading.command = below;
    else reading.given.push(word);
  }
}

function optionNamed(flag: string, command: Command): Option | undefined {
  return command.options.find(({ long, short }) => flag !== '' && (flag === long || flag === short));
}

function flagsOf(command: Command): Word[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map(({ long, short, description }) => [long ?? short ?? '', description]);
}

function commandsOf(command: Command): Word[] {
  const below = command.createHelp().visibleCommands(command);
  return below.map((one) => [one.name(), one.summary()]);
}

function valueOf(option: Option, command: Command): Pick<Wanted, 'words' | 'value'> {
  const name = /[<[](.*?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? '';
  return completeNamed(name, option.argChoices, false, command);
}

function argumentOf(argument: Argument, command: Command): Pick<Wanted, 'words' | 'value'> {
  return completeNamed(argument.name(), argument.argChoices, argument.variadic, command);
}

function completeNamed(
  name: string,
  choices: readonly string[] | undefined,
  isList: boolean,
  command: Command,
): Pick<Wanted, 'words' | 'value'> {
  if (choices) return { words: choices.map((choice): Word => [choice, '']), value: null };
  return { words: [], value: { command: command.name(), name, isList } };
}
