import type { DeclaredService, Facts, Examined } from '../../domain/contract.js';
import type { Program, Service } from '../../flake-contract/incus-module.js';
import { prerequisites, releaseOf, serviceOf } from '../../flake-contract/items.js';
import { LISTEN_PARTS, listenCode, settable, type Listen } from '../../flake-contract/listen.js';
import { attributePath, listNames } from '../../flake-contract/nix-text.js';
import { nearestName } from '../../domain/names.js';
import { didYouMean } from '../../lib/closest-match.js';
import { EXIT, ProblemError, type Problem } from '../../domain/problem.js';
import type { Runtime } from '../runtime.js';
import { textByHand, type Shipped } from './flake-change.js';
import type { InitOptions } from '../inspect.js';
import { listenFor, MOST } from './listen-options.js';

type Asked = {
  readonly examined: Examined;
  /** Text of flake.nix. */
  readonly flake: string;
  readonly options: InitOptions;
  readonly runtime: Runtime;
};

/** Of a flake that has all it takes; what it lacks is for its author to write. */
export async function serviceFor(given: string | undefined, asked: Asked): Promise<Shipped> {
  const { examined, options, runtime } = asked;
  const { facts } = examined;
  const name = nameOf(given, facts);
  const declared = name === null ? undefined : facts.services?.[name];
  const listen = name !== null && declared ? await listenFor(runtime, options, name, declared.options) : NONE;
  const lacking = prerequisites(examined, name, listen);
  if (lacking.length > 0 || name === null || !declared) {
    const problems = lacking.map(({ name: item, status, found, write }): Problem => ({
      code: 'contract-incomplete',
      message: `${item} is ${status === 'missing' ? 'missing' : 'not to be seen yet'}${found === null ? '' : `: ${found}`}`,
      ...(write !== null && { hint: `write: ${write}` }),
    }));
    const hint = wayOut(asked, name, listen);
    throw new ProblemError([
      ...problems,
      { code: 'contract-incomplete', message: 'nothing was written', hint },
    ]);
  }
  return { service: serviceText(name, declared, listen, facts), module: declared.module };
}

const NONE: Listen = { host: null, port: null };

function nameOf(given: string | undefined, facts: Facts): string | null {
  const names = Object.keys(facts.services ?? {});
  const hasDefault = facts.modules.includes('default');
  const places = names.map(
    (name) => `services.${name} (${attributePath('nixosModules', facts.services?.[name]?.module ?? '')})`,
  );
  if (given !== undefined && names.length > 0 && !names.includes(given)) {
    const hint = didYouMean(given, names) ?? `it declares ${listNames(names)}`;
    const message = `${hasDefault ? 'nixosModules.default' : 'the flake'} declares no services.${given}`;
    throw new ProblemError({ code: 'service-unknown', message, hint }, EXIT.usage);
  }
  // Of several modules nobody has said which is the one.
  if (given === undefined && !hasDefault && names.length > 1) {
    const message = `there is no nixosModules.default, and several services: ${listNames(places)}; nothing was written`;
    throw new ProblemError(
      { code: 'service-unknown', message, hint: `say which it is: pets init --contract ${names[0] ?? ''}` },
      EXIT.usage,
    );
  }
  return given ?? serviceOf(facts);
}

export function serviceText(
  name: string,
  { options }: DeclaredService,
  listen: Listen,
  facts: Facts,
): Service {
  return {
    name,
    ...petOf(name, facts),
    hasPackage: options.some((option) => option.name === 'package'),
    listen: listenCode(listen, options),
  };
}

function petOf(name: string, facts: Facts) {
  return { hostname: nearestName(name) ?? 'app', release: releaseOf(facts.version) };
}

/** What there is to do for somebody whose flake lacks something. */
function wayOut({ examined: { facts }, flake }: Asked, name: string | null, listen: Listen): string {
  const declared = name === null ? undefined : facts.services?.[name];
  const others = declared ? settable(declared.options) : [];
  const flags = LISTEN_PARTS.filter((part) => listen[part] === null).map(
    (part) => `--${part}-option <option>`,
  );
  const lines = [
    'meet these, then run it again',
    ...(flags.length > 0 && others.length > 0
      ? [`or say which option it is: ${listNames(flags)}; it has ${listNames(others, MOST)}`]
      : []),
    'or write nixosModules.incus by hand: any module will do that runs a service on port 8080',
    textByHand(flake, handmade(facts, name, listen), declared?.module ?? null),
  ];
  return lines.join('\n');
}

/** As much of it as is known. */
function handmade(facts: Facts, name: string | null, listen: Listen): Service | Program {
  const declared = name === null ? undefined : facts.services?.[name];
  if (name !== null && declared) {
    const service = serviceText(name, declared, listen, facts);
    const isWhole = listen.host !== null && listen.port !== null;
    return isWhole ? service : { ...service, remark: 'add what makes it listen on port 8080 of 0.0.0.0' };
  }
  const [first = null] = facts.packages;
  const from = facts.packages.includes('default') ? 'default' : first;
  const mainProgram = from === null ? null : (facts.mainPrograms[from] ?? null);
  const app = nearestName(name ?? mainProgram ?? '') ?? 'app';
  return { name: app, ...petOf(app, facts), package: from, mainProgram };
}
