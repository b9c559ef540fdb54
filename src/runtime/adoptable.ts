import { unfit } from '../incus/client/hand-over.js';
import type { AppTable } from '../domain/manifest.js';
import { DEPLOYED, INCUS_PET, LABEL } from '../domain/labels.js';
import type { InstanceJson } from '../domain/services.js';
import { parseProxyListen } from '../domain/binding.js';
import type { ProblemCode } from '../domain/problem-code.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import { OWN_STORE, STORE_MODES, storeIn } from '../domain/store-mode.js';
import { absolute } from './inspect.js';
import { isDeployed, tableOf } from './deployed.js';
import type { LockOptions } from './project-lock.js';

export type AdoptOptions = LockOptions & {
  readonly write: boolean;
  /** Also one that nobody has marked. */
  readonly force: boolean;
  readonly flakeRef?: string;
};

const FLAKE_REF = INCUS_PET.flakeRef;

/** The instance of that name, if `project` may have it. */
export function adoptable(
  name: string,
  instances: readonly InstanceJson[],
  project: string,
  { force }: AdoptOptions,
): InstanceJson {
  const here = instances.filter((one) => one.project === 'default');
  const found = here.find((one) => one.name === name);
  if (!found) throw notAdoptable(`there is no instance \`${name}\``, othersThan(here), 'instance-unknown');
  const { config } = found;
  const owner = config[LABEL.project];
  const other = config[LABEL.adopting] ?? project;
  const why = unfit(found);
  if (why !== null)
    throw notAdoptable(`\`${name}\` ${why}; it cannot be a pet`, 'deploy it anew, and move its data');
  if (owner !== undefined && owner !== project && owner !== DEPLOYED)
    throw notAdoptable(
      `\`${name}\` belongs to the pets project \`${owner}\``,
      'its own manifest is where it is changed',
    );
  if (owner !== undefined && config[LABEL.app] !== name)
    throw notAdoptable(`\`${name}\` is a copy of the pet \`${config[LABEL.app] ?? ''}\``, 'deploy it anew');
  if (owner !== project && other !== project)
    throw notAdoptable(
      `\`${name}\` was about to be adopted by \`${other}\``,
      'run the same there once more: it ends that',
    );
  if (
    owner === undefined &&
    config[FLAKE_REF] === undefined &&
    config[LABEL.adopting] === undefined &&
    !force
  )
    throw notAdoptable(
      `\`${name}\` bears no mark of pets or incus-pet`,
      'if it is a NixOS container that pets may change from now on: --force --flake-ref <ref>',
    );
  return found;
}

function othersThan(instances: readonly InstanceJson[]): string {
  const known = instances.filter((one) => isDeployed(one) || isIncusPet(one)).map(({ name }) => name);
  return known.length > 0 ? `there are ${known.join(', ')}` : 'nothing was deployed on this daemon';
}

function isIncusPet({ config }: InstanceJson): boolean {
  return config[FLAKE_REF] !== undefined && config[LABEL.project] === undefined;
}

/** The table of an app that is as the container is. */
export function tableFor(instance: InstanceJson, { flakeRef }: AdoptOptions, cwd: string): AppTable {
  const { name, config, devices } = instance;
  const marked = tableOf(instance);
  const written = flakeRef === undefined ? marked['flake-ref'] : absolute(flakeRef, cwd, 'app');
  if (written === '')
    throw notAdoptable(
      `nothing says which flake \`${name}\` is made from`,
      'name it, for example with --flake-ref github:owner/repo',
    );
  const web = devices['web']?.['listen'];
  const binding = web === undefined ? null : parseProxyListen(web);
  const there = binding?.protocol === 'tcp' ? binding : null;
  const store = config[LABEL.project] === undefined ? OWN_STORE : storeIn(devices);
  return {
    ...marked,
    'flake-ref': written,
    port: there?.first ?? marked.port,
    listen: there?.address ?? marked.listen,
    store: store === STORE_MODES[0] ? null : store,
  };
}

function notAdoptable(message: string, hint: string, code: ProblemCode = 'instance-unfit'): ProblemError {
  return new ProblemError({ code, message, hint }, EXIT.usage);
}
