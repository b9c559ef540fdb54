import { MADE_BY_DEPLOY, MADE_BY_INCUS_PET } from '../incus/observe/observe.js';
import { selectApps } from '../manifest/select.js';
import type { Actual, ActualApp } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { Manifest } from '../domain/manifest.js';
import { EXIT, ProblemError } from '../domain/problem.js';
import { nothingWanted, observe } from './observe.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

export type Chosen = {
  readonly project: Project;
  readonly actual: Actual;
  /** Selected, and there. */
  readonly pets: readonly ActualApp[];
};

/** The selected pets; without selectors all that are there. One that is named and not there is a ProblemError. */
export async function choosePets(runtime: Runtime, selectors: readonly string[]): Promise<Chosen> {
  const project = await runtime.project();
  const actual = await observe(runtime, project.manifest.project, nothingWanted);
  const names = [...namesOf(selectors, project.manifest, actual)];
  return { project, actual, pets: names.map((name) => petIn(actual, name)) };
}

/** Of the manifest's apps and the pets that it does not have any more; without selectors, all pets that are there. */
export function namesOf(
  selectors: readonly string[],
  { apps }: Pick<Manifest, 'apps'>,
  actual: Actual,
): ReadonlySet<AppName> {
  if (selectors.length === 0) return new Set(actual.apps.map(({ name }) => name));
  const gone = actual.apps.filter(({ name }) => !apps.some((app) => app.name === name));
  for (const selector of selectors) refuseStranger(selector, actual);
  const selection = selectApps(selectors, [...apps, ...gone.map(({ name }) => ({ name, tags: [] }))]);
  if (!selection.ok) throw new ProblemError(selection.problems, EXIT.usage);
  return selection.apps;
}

/** What bears the name and is not ours is never touched. */
export function refuseStranger(name: string, { unmanaged }: Actual): void {
  const whose = Object.hasOwn(unmanaged, name) ? unmanaged[name] : undefined;
  if (whose === undefined) return;
  throw new ProblemError(
    {
      code: 'instance-foreign',
      message: `the instance \`${name}\` ${whose}; it was not touched`,
      hint: hintOn(name, whose),
    },
    EXIT.manifest,
  );
}

/** Who else can work with it. */
function hintOn(name: string, whose: string): string {
  if (whose === MADE_BY_DEPLOY)
    return `\`--deployed\` goes by what that made; \`pets adopt ${name}\` takes it into the manifest`;
  if (whose === MADE_BY_INCUS_PET) return `\`pets adopt ${name}\` takes it over`;
  return '`incus` itself can work with it';
}

export function petIn({ apps }: Actual, name: AppName): ActualApp {
  const pet = apps.find((app) => app.name === name);
  if (pet) return pet;
  throw new ProblemError({
    code: 'app-not-made',
    message: `there is no container for \`${name}\` yet`,
    hint: `\`pets up ${name}\` makes it`,
  });
}

/** One pet, by its name; one that does not run is a ProblemError. */
export async function runningPet(runtime: Runtime, name: string): Promise<ActualApp> {
  const { pets } = await choosePets(runtime, [name]);
  const [pet] = pets;
  if (!pet || pets.length > 1) {
    const names = pets.map((one) => one.name).join(', ');
    throw new ProblemError(
      { code: 'name-ambiguous', message: `\`${name}\` is ${names}`, hint: 'name one of them' },
      EXIT.usage,
    );
  }
  mustRun(pet);
  return pet;
}

export function mustRun({ name, status }: ActualApp): void {
  if (status === 'Running') return;
  throw new ProblemError({
    code: 'app-not-running',
    message: `\`${name}\` is ${status.toLowerCase()}`,
    hint: `\`pets start ${name}\` starts it`,
  });
}
