import type { AppName } from '../domain/names.js';
import type { Plan } from '../domain/plan.js';
import { EXIT, ProblemError, type Problem } from '../domain/problem.js';
import type { PlanChoice, SavedPlan } from '../domain/saved-plan.js';
import { VERSION } from '../domain/version.js';
import { withoutNewValues } from '../facets/secrets.js';
import { basisOf, type Made } from '../planner/basis.js';
import { movedBetween, type Moved } from '../planner/moved.js';
import { changedApps, firstDifference, partFor } from '../planner/part.js';
import { planOf } from '../planner/plan.js';
import { digestOf } from '../state/saved-plan.js';
import { movedText, toldOf } from '../ui/index.js';
import { locateProblems, type Project } from './project.js';

/** What a plan was made from, and what it was made for. */
export type Planned = Made & { readonly plan: Plan; readonly project: Project; readonly choice: PlanChoice };

/** A plan as it is to be found again. `manifest`: as it was named. The secrets' fingerprints hold from now on. */
export async function savedPlan(
  { plan, project, choice, ...made }: Planned,
  manifest: string | null,
): Promise<SavedPlan> {
  const apps = changedApps(plan);
  if (made.desired.apps.some(({ name, secrets }) => apps.has(name) && secrets.length > 0))
    await project.secrets.keepFingerprints();
  const basis = basisOf(apps, comparable(made, project), digestOf);
  return { pets: VERSION, project: plan.project, manifest, choice, basis, plan };
}

/** What this process has made up is nothing that another finds again. */
function comparable({ desired, actual }: Made, { secrets }: Pick<Project, 'secrets'>): Made {
  const apps = desired.apps.map((app) => ({
    ...app,
    facets: withoutNewValues(app.facets, (name) => secrets.isNew(app.name, name)),
  }));
  return { desired: { ...desired, apps }, actual };
}

/** The selection that a plan was made for: names that the manifest has no longer select nothing. */
export function selectionOf({ choice }: SavedPlan): ReadonlySet<AppName> | null {
  return choice.apps && new Set(choice.apps as readonly AppName[]);
}

/** Of that project, by this pets; else it is refused. */
export function checkOrigin({ project, pets }: SavedPlan, manifest: Project['manifest'], file: string): void {
  if (project !== manifest.project)
    throw new ProblemError(
      {
        code: 'plan-foreign',
        message: `${file} is a plan of \`${project}\`, and the manifest is that of \`${manifest.project}\``,
        hint: '--file names another manifest',
      },
      EXIT.stale,
    );
  if (pets === VERSION) return;
  const data = { side: 'pets', field: 'version', then: pets, now: VERSION };
  throw stale(file, [{ code: 'plan-stale', message: `pets: ${pets} → ${VERSION}`, data }]);
}

/** The very plan that was saved, as it is made again from what there is now; where it would be another it is refused. */
export function planAgain(
  saved: SavedPlan,
  made: Made,
  { project, file }: { readonly project: Project; readonly file: string },
): Plan {
  const apps = changedApps(saved.plan);
  const only = selectionOf(saved);
  const now = partFor(planOf(made.desired, made.actual, { ...saved.choice, only }), apps);
  const basis = basisOf(apps, comparable(made, project), digestOf);
  const moved = movedBetween(saved.basis, basis);
  const found = [...problemsFor(moved), ...locateProblems(now.problems, project)];
  if (found.length > 0) throw stale(file, found);
  const other = firstDifference(partFor(saved.plan, apps), now);
  if (other === null) return now;
  throw stale(file, [{ code: 'plan-stale', message: `${other}: is not what would be done by now` }]);
}

/** So many are told one by one. */
const MOST_TOLD = 30;

function problemsFor(moved: readonly Moved[]): Problem[] {
  const told = moved.slice(0, MOST_TOLD).map((one): Problem => {
    const all = moved.filter(({ app }) => app === one.app);
    const { field, then, now } = toldOf(one);
    const data = { side: one.side, field, then: then ?? '', now: now ?? '' };
    return { code: 'plan-stale', app: one.app, message: movedText(one, all), data };
  });
  const more = moved.length - told.length;
  return more > 0 ? [...told, { code: 'plan-stale', message: `… and ${more} fields more` }] : told;
}

function stale(file: string, found: readonly Problem[]): ProblemError {
  const head: Problem = {
    code: 'plan-stale',
    message: `${file} no longer holds, and nothing was touched`,
    hint: '`pets diff --out` plans anew',
  };
  return new ProblemError([head, ...found], EXIT.stale);
}

/** Before a plan is carried out, a restore that was cut short has to be ended, which changes what it was made from. */
export function staleByRestore(file: string): ProblemError {
  const message = 'a restore was cut short: `pets up` ends it first';
  return stale(file, [{ code: 'plan-stale', message }]);
}

/** What was said when it was made, as it is typed; nothing where that was nothing. */
export function choiceWords({ choice: { apps, rehearse, ...flags } }: Pick<SavedPlan, 'choice'>): string {
  const given = Object.entries(flags).flatMap(([flag, isGiven]) => (isGiven ? [`--${flag}`] : []));
  const tried = rehearse === undefined ? [] : [rehearse ? '--rehearse' : '--no-rehearse'];
  const words = [...(apps ?? []), ...given, ...tried].join(' ');
  return words === '' ? '' : `, of \`pets diff ${words}\``;
}
