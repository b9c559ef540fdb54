import type { ContractItem, ServiceOption, Setting, Examined } from '../domain/contract.js';
import { missing, ok, unknownItem, wrong } from './item.js';
import {
  isRight,
  LISTEN_PARTS,
  listenCode,
  listenOf,
  namedFor,
  type Listen,
  type ListenPart,
} from './listen.js';
import { attributePath, listNames, text } from './nix-text.js';

type Seen = Pick<Examined, 'facts' | 'unseen'>;

/** How each of the options is declared. */
const DECLARATIONS: Readonly<Record<'enable' | 'package' | ListenPart, (app: string) => string>> = {
  enable: (app) => `lib.mkEnableOption ${text(app)}`,
  package: () => 'lib.mkOption { type = lib.types.package; }',
  host: () => 'lib.mkOption { type = lib.types.str; default = "127.0.0.1"; }',
  port: () => 'lib.mkOption { type = lib.types.port; default = 8080; }',
};

/** Not of the contract, and nothing that `up` would refuse. */
const WORKER = 'only what listens on nothing can do without';

/** Of the options that a service must have. `known`: as `prerequisites` has it. */
export function serviceItems(
  { facts, unseen }: Seen,
  service: string | null,
  known?: Listen,
): ContractItem[] {
  const { modules, services, settings } = facts;
  const isListed = service !== null && unseen.modules === undefined;
  const options = isListed ? (services?.[service]?.options ?? null) : null;
  if (service === null || options === null) {
    const isMissing = unseen.modules === undefined && !modules.includes('default');
    const why = isMissing ? 'is missing' : 'does not evaluate';
    const isSeen = !isMissing && services !== null && unseen.modules === undefined;
    return itemsOf(service, (name, write, lack) =>
      isSeen ? missing(name, write, lack) : unknownItem(name, 'nixosModules.default', why),
    );
  }
  const values = settings?.services[service] ?? {};
  const listen = known ?? listenOf(options, values);
  const declared = (option: 'enable' | 'package') =>
    options.some(({ name }) => name === option) ? null : missing(...declarationOf(service, option));
  const enable = declared('enable') ?? enableItem(service, values['enable'] ?? null);
  const from = declared('package') ?? ok(attributePath('services', service, 'package'));
  // One option that takes address:port is one item.
  const parts = listen.host !== null && listen.host === listen.port ? ['host' as const] : LISTEN_PARTS;
  return [enable, from, ...parts.map((part) => listenItem(part, { service, options, values, listen }))];
}

function itemsOf(
  service: string | null,
  item: (name: string, write: string, lack: string | null) => ContractItem,
): ContractItem[] {
  return Object.entries(DECLARATIONS).map(([option, declare]) => {
    const name = service === null ? `services.<app>.${option}` : attributePath('services', service, option);
    const isListening = option === 'host' || option === 'port';
    return item(name, `options.${name} = ${declare(service ?? '<app>')};`, isListening ? WORKER : null);
  });
}

function declarationOf(service: string, option: keyof typeof DECLARATIONS): [name: string, write: string] {
  const name = attributePath('services', service, option);
  return [name, `options.${name} = ${DECLARATIONS[option](service)};`];
}

function enableItem(service: string, value: Setting): ContractItem {
  const name = attributePath('services', service, 'enable');
  if (value === null) return ok(name);
  return value === true ? ok(name, 'true') : wrong(name, `it is ${show(value)}`, `${name} = true;`);
}

type Listening = {
  readonly service: string;
  readonly options: readonly ServiceOption[];
  readonly values: Readonly<Record<string, Setting>>;
  readonly listen: Listen;
};

function listenItem(part: ListenPart, { service, options, values, listen }: Listening): ContractItem {
  const option = listen[part];
  if (option === null) return missing(...declarationOf(service, part), lackOf(part, options, listen));
  const name = `${attributePath('services', service)}.${option}`;
  const value = values[option] ?? null;
  if (value === null) return ok(name);
  const asked = LISTEN_PARTS.filter((one) => listen[one] === option);
  if (asked.every((one) => isRight(one, value))) return ok(name, String(value));
  const code = listenCode(listen, options).find(([one]) => one === option)?.[1] ?? null;
  return wrong(name, `it is ${show(value)}`, code === null ? null : `${name} = ${code};`);
}

function lackOf(part: ListenPart, options: readonly ServiceOption[], listen: Listen): string | null {
  const named = namedFor(part, options);
  if (named.length > 1) return `it could be ${listNames(named)}`;
  return listen.host === null && listen.port === null ? WORKER : null;
}

function show(value: Setting): string {
  return typeof value === 'string' ? text(value) : String(value);
}
