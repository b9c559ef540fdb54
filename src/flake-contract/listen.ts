import type { ServiceOption, Setting } from '../domain/contract.js';
import { namesIn } from './nix-text.js';

/** The options that say where a service listens, by name; one that takes address:port is both. Null: none is known. */
export type Listen = { readonly host: string | null; readonly port: string | null };
export type ListenPart = keyof Listen;
export const LISTEN_PARTS: readonly ListenPart[] = ['host', 'port'];

type Values = Readonly<Record<string, Setting>>;

/**
 * The options by the contract's names, else by others that are usual, else those that have been given what a pet needs
 * (whoever wrote that knew). `values`: what they are set to, where that is known.
 */
export function listenOf(options: readonly ServiceOption[], values: Values = {}): Listen {
  const optionFor = (part: ListenPart) => {
    const named = namedFor(part, options);
    const [known = null] = named.length === 1 ? named : [];
    const value = known === null ? null : (values[known] ?? null);
    if (known !== null && (value === null || isRight(part, value))) return known;
    const given = Object.keys(values).find((name) => isGiven(part, values[name] ?? null));
    return given ?? known;
  };
  const [host, port] = [optionFor('host'), optionFor('port')];
  return {
    host,
    port: port ?? (host !== null && isForBoth(host, options, values[host] ?? null) ? host : null),
  };
}

/** An address without any option for its port has that in it, or the port could not be said at all. */
function isForBoth(host: string, options: readonly ServiceOption[], value: Setting): boolean {
  if (namedFor('port', options).length > 0 || options.some(isSet)) return false;
  if (['host', 'ip', 'ipaddress'].includes(wordsOf(host).at(-1) ?? '')) return false;
  return value === null || /:\d+$/.test(String(value));
}

/** Usual names, in lower case and without what parts their words. */
const NAMES: Readonly<Record<ListenPart, ReadonlySet<string>>> = {
  host: new Set([
    ...[
      'host',
      'address',
      'addr',
      'ip',
      'ipaddress',
      'bind',
      'bindaddress',
      'bindaddr',
      'bindhost',
      'bindip',
    ],
    ...['listen', 'listenaddress', 'listenaddr', 'listenhost', 'listenip', 'hostaddress', 'serveraddress'],
    ...['httpaddress', 'httpaddr', 'httphost', 'httplistenaddress', 'serverhost'],
  ]),
  port: new Set(['port', 'listenport', 'bindport', 'httpport', 'httplistenport', 'serverport', 'webport']),
};
/** What may be around them: `settings.server.port` is the service's, `database.port` is not. */
const AROUND = new Set([
  ...['settings', 'config', 'main', 'global', 'default', 'server', 'http', 'web', 'api'],
  ...['listen', 'listener', 'bind', 'network'],
]);

/** Those of a usual name; the contract's own is the only one. Several: nobody can tell which it is. */
export function namedFor(part: ListenPart, options: readonly ServiceOption[]): string[] {
  if (options.some(({ name }) => name === part)) return [part];
  const fits = options.filter((option) => canBe(part, option)).map(({ name }) => name);
  const depth = Math.min(...fits.map((name) => namesIn(name).length));
  const nearest = fits.filter((name) => namesIn(name).length === depth);
  const own = nearest.filter((name) => namesIn(name).at(-1) === part);
  return own.length === 1 ? own : nearest;
}

function canBe(part: ListenPart, option: ServiceOption): boolean {
  const words = wordsOf(option.name);
  const last = words.pop() ?? '';
  return NAMES[part].has(last) && words.every((word) => AROUND.has(word)) && kindOf(option) !== 'other';
}

/** In lower case, without what parts the words of a name. */
function wordsOf(option: string): string[] {
  return namesIn(option).map((name) => name.toLowerCase().replace(/[-_ ]/g, ''));
}

/** What an option can be set to, by its type's words. */
type Kind = 'text' | 'number' | 'list' | 'unknown' | 'other';

function kindOf({ type }: ServiceOption): Kind {
  if (type === null || /^(unspecified|raw|anything)/.test(type)) return 'unknown';
  if (/^(non-empty )?\(?list of .*string/.test(type)) return 'list';
  if (/^(lazy )?attribute set|^submodule|list of|^function/.test(type)) return 'other';
  if (/integer|number/.test(type)) return 'number';
  return /string/i.test(type) ? 'text' : 'other';
}

/** Options that somebody may mean; of those for a whole set `settings.…`. */
export function settable(options: readonly ServiceOption[]): string[] {
  return options.flatMap((option) => {
    if (['enable', 'package'].includes(option.name)) return [];
    if (isSet(option)) return [`${option.name}.…`];
    return kindOf(option) === 'other' ? [] : [option.name];
  });
}

/** Nobody but whoever reads it knows all that is in it. */
function isSet({ type }: ServiceOption): boolean {
  return /^(lazy )?attribute set|^(open )?submodule|^anything|^raw|^unspecified|value$/i.test(
    type ?? 'value',
  );
}

/** Whether there is such an option, or one that it can be within. */
export function isWithin(name: string, options: readonly ServiceOption[]): boolean {
  const path = namesIn(name);
  return options.some((option) => {
    const own = namesIn(option.name);
    return own.every((part, i) => part === path[i]) && (own.length === path.length || isSet(option));
  });
}

/** Nix code that makes a service listen where a pet must: a binding for each option. */
export function listenCode(
  { host, port }: Listen,
  options: readonly ServiceOption[],
): (readonly [option: string, value: string])[] {
  if (host !== null && host === port) return [[host, textFor(host, '0.0.0.0:8080', options)]];
  return [
    ...(host === null ? [] : [[host, textFor(host, '0.0.0.0', options)] as const]),
    ...(port === null ? [] : [[port, kindFor(port, options) === 'text' ? '"8080"' : '8080'] as const]),
  ];
}

/** What is no option of its own may be in a value that knows nothing of priorities. */
function textFor(name: string, value: string, options: readonly ServiceOption[]): string {
  const code = kindFor(name, options) === 'list' ? `[ "${value}" ]` : `"${value}"`;
  return options.some((option) => option.name === name) ? `lib.mkDefault ${code}` : code;
}

function kindFor(name: string, options: readonly ServiceOption[]): Kind {
  const option = options.find((one) => one.name === name);
  return option ? kindOf(option) : 'unknown';
}

const EVERYWHERE = ['0.0.0.0', '::', '[::]'];
const ADDRESSES = [...EVERYWHERE, '127.0.0.1', 'localhost'];

/** Whether 127.0.0.1:8080 reaches what listens there. */
export function isRight(part: ListenPart, value: Setting): boolean {
  const whole = addressOf(value);
  if (part === 'port') return value === 8080 || value === '8080' || whole !== null;
  return whole !== null ? ['', '*', ...ADDRESSES].includes(whole) : ADDRESSES.includes(String(value));
}

/** Only where it is clear that a pet is meant. */
function isGiven(part: ListenPart, value: Setting): boolean {
  if (addressOf(value) !== null) return isRight(part, value);
  return part === 'port' ? isRight(part, value) : EVERYWHERE.includes(String(value));
}

/** `0.0.0.0:8080` → `0.0.0.0`. */
function addressOf(value: Setting): string | null {
  return typeof value === 'string' ? (/^(\S*):8080$/.exec(value)?.[1] ?? null) : null;
}
