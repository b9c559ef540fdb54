/** The program's commands and options, for the pages that are made from them. */

/** @typedef {import('commander').Command} Command */
/** @typedef {{ readonly flags: string, readonly meaning: string }} Option */

/** @param {Command} command */
export function usageOf(command) {
  const names = [];
  for (let at = command; at.parent; at = at.parent) names.unshift(at.name());
  const values = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return ['pets', ...names, ...values].join(' ');
}

/**
 * What `addHelpText('after', …)` has given: it is only ever written.
 * @param {Command} command
 */
export function examplesOf(command) {
  let text = '';
  const emitter = /** @type {import('node:events').EventEmitter} */ (/** @type {unknown} */ (command));
  emitter.emit('afterHelp', { error: false, command, write: (/** @type {string} */ part) => (text += part) });
  return [...text.matchAll(/^ {2}\$ (.*)$/gm)].map((match) => match[1] ?? '');
}

/**
 * @param {Command} command
 * @param {ReadonlySet<string>} common options that are told once for all
 * @returns {Option[]}
 */
export function optionsOf(command, common) {
  const options = command.createHelp().visibleOptions(command);
  return options
    .filter(({ flags, long }) => !common.has(flags) && long !== '--help')
    .map((option) => {
      const choices = option.argChoices ? ` (${option.argChoices.join(', ')})` : '';
      const fallback = option.defaultValueDescription ?? option.defaultValue;
      const standard =
        fallback === undefined || fallback === false || fallback === true ? '' : `; default: ${fallback}`;
      const variable = option.envVar === undefined ? '' : `; ${option.envVar}`;
      return { flags: option.flags, meaning: `${option.description}${choices}${standard}${variable}` };
    });
}

/** @param {Command} command @returns {Command[]} those that do something, in the order of the help */
export function leavesOf(command) {
  const below = command.createHelp().visibleCommands(command);
  return below.length === 0 ? [command] : below.flatMap(leavesOf);
}

/**
 * Flags that nearly every command has, told once for all of them.
 * @param {readonly Command[]} commands
 */
export function commonOptions(commands) {
  const all = commands.flatMap(({ options }) => options.map(({ flags }) => flags));
  const count = (/** @type {string} */ flags) => all.filter((one) => one === flags).length;
  return new Set(all.filter((flags) => count(flags) > 0.75 * commands.length));
}

/** What a command does, in a sentence or two. @param {Command} command */
export function descriptionOf(command) {
  const summary = command.summary();
  return command.description() || `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/**
 * What `commonOptions` leaves to a single place.
 * @param {readonly Command[]} commands
 * @param {ReadonlySet<string>} common
 */
export function sharedOptions([sample], common) {
  if (!sample) return [];
  const specific = sample.options.map(({ flags }) => flags).filter((flags) => !common.has(flags));
  return optionsOf(sample, new Set(specific));
}
