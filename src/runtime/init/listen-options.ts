import type { ServiceOption } from '../../domain/contract.js';
import {
  isWithin,
  LISTEN_PARTS,
  listenOf,
  settable,
  type Listen,
  type ListenPart,
} from '../../flake-contract/listen.js';
import { attributePath, listNames } from '../../flake-contract/nix-text.js';
import { isAttributePath } from '../../manifest/flake-ref.js';
import { didYouMean } from '../../lib/closest-match.js';
import { EXIT, ProblemError } from '../../domain/problem.js';
import { oneLine } from '../../ui/index.js';
import type { Runtime } from '../runtime.js';
import type { InitOptions } from '../inspect.js';

/** Options that are listed. */
export const MOST = 12;
const MEANINGS: Readonly<Record<ListenPart, string>> = { host: 'address', port: 'port' };

/** By the flags, by usual names, by asking. What stays null nobody knows. */
export async function listenFor(
  runtime: Runtime,
  flags: InitOptions,
  service: string,
  options: readonly ServiceOption[],
): Promise<Listen> {
  const known = listenOf(options);
  const listen = {
    host: checkOption(flags.hostOption, service, options) ?? known.host,
    port: checkOption(flags.portOption, service, options) ?? known.port,
  };
  const names = settable(options);
  if (names.length === 0 || flags.yes || !runtime.prompt.mayAsk) return listen;
  for (const part of LISTEN_PARTS) {
    if (listen[part] !== null) continue;
    const question = `Which option of services.${service} is the ${MEANINGS[part]} that it listens on? ${oneLine(listNames(names))}, or nothing:`;
    const answer = await runtime.prompt.ask(question);
    if (answer === '') break;
    listen[part] = checkOption(answer, service, options);
  }
  return listen;
}

function checkOption(
  name: string | undefined,
  service: string,
  options: readonly ServiceOption[],
): string | null {
  if (name === undefined) return null;
  if (isAttributePath(name) && isWithin(name, options)) return name;
  const names = settable(options);
  const hint =
    didYouMean(name, names) ?? (names.length > 0 ? `it has ${listNames(names, MOST)}` : 'it has none');
  const message = `${attributePath('services', service)} has no option \`${oneLine(name)}\``;
  throw new ProblemError({ code: 'option-unknown', message, hint }, EXIT.usage);
}
