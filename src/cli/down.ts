import { planOf } from '../plan/plan.js';
import { EXIT, ProblemError, type ExitCode } from '../problem.js';
import { confirm, mayAsk } from './confirm.js';
import type { Context } from './context.js';
import { nothingWanted, observeAtRest } from './observe.js';
import { readProject } from './project.js';
import { withLock } from './project-lock.js';
import { carryOut, type RunOptions } from './up.js';

/** Stops and removes every container of the project. What is on their root disks goes with them, volumes stay. */
export async function down(options: RunOptions, context: Context): Promise<ExitCode> {
  const read = () => readProject(context, options.file);
  return withLock(read, options, context, async (project) => {
    const desired = { project: project.manifest.project, apps: [] };
    const actual = await observeAtRest(desired.project, nothingWanted, context.env);
    const plan = planOf(desired, actual, { prune: true, recreate: false, retry: false, only: null });
    const names = plan.apps.map((app) => app.app).join(', ');
    if (names !== '' && !options.yes && !(await agreed(names, options, context))) return EXIT.ok;
    return carryOut({ verb: 'down', plan, desired, project }, options, context);
  });
}

async function agreed(names: string, options: RunOptions, context: Context): Promise<boolean> {
  if (mayAsk(options, context)) {
    return confirm(`Destroy ${names}? What is on their root disks is lost; volumes are kept.`, context);
  }
  throw new ProblemError(
    {
      message: `this destroys ${names}, with everything on their root disks; volumes are kept`,
      hint: 'say so: `pets down --yes`',
    },
    EXIT.usage,
  );
}
