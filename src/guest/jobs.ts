import { endsWithin } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { BIN } from './ask.js';

/** Each look is a command in the guest: the first comes when something takes its time. */
const FIRST_MS = 5000;
const AGAIN_MS = 10_000;
const LOOK_MS = 5000;

/** The work's own end; meanwhile `waits` is told what the guest's systemd waits for, whenever that is another thing. */
export async function watchJobs<T>(
  incus: Incus,
  app: AppName,
  work: Promise<T>,
  waits: (what: string) => void,
): Promise<T> {
  const end = work.then(
    () => undefined,
    () => undefined,
  );
  let last: string | null = null;
  for (let ms = FIRST_MS; !(await endsWithin(end, ms)); ms = AGAIN_MS) {
    const jobs = await lookAtJobs(incus, app);
    if (jobs === null || jobs === last || (await endsWithin(end, 0))) continue;
    last = jobs;
    waits(jobs);
  }
  return work;
}

/** A guest that does not say is none that waits for nothing: null either way. */
async function lookAtJobs(incus: Incus, app: AppName): Promise<string | null> {
  const command = [`${BIN}/systemctl`, 'list-jobs', '--no-legend', '--full'];
  const answer = await incus.query(app, command, LOOK_MS).catch(() => null);
  return answer?.exitCode === 0 ? jobsIn(answer.stdout) : null;
}

/** `  12 slow.service start running`. Names of units as systemd.unit(5) has them, no longer than they may be. */
const JOB = /^ *\d+ +(?<unit>[\w:.\\@-]{1,255}) +(?<type>[a-z-]{1,20}) +(?<state>running|waiting) *$/gm;
const SHOWN = 3;

/** In words: `slow.service (start)`. A job that waits does so for one that runs, unless none does. */
export function jobsIn(stdout: string): string | null {
  const all = [...stdout.matchAll(JOB)].map(({ groups }) => ({ unit: '', type: '', state: '', ...groups }));
  const running = all.filter(({ state }) => state === 'running');
  const jobs = running.length > 0 ? running : all;
  if (jobs.length === 0) return null;
  const shown = jobs.slice(0, SHOWN).map(({ unit, type }) => `${unit} (${type})`);
  const more = jobs.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
