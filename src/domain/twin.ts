import { createHash } from 'node:crypto';
import { LABEL, type Labels } from './labels.js';
import { isAppName, type AppName } from './names.js';

/** What a twin is allowed beside what it needs to start; both: no. */
export type Rehearsal = {
  /** It has the network interfaces that the app has. */
  readonly network: boolean;
};

/** The project that twins of a project's apps belong to: they are none of its own. No manifest can have this name. */
export function twinProject(project: string): string {
  return `${project}_rehearsal`;
}

const SUFFIX = '-rehearsal';
/** Incus' limit on names of instances. */
const MOST = 63;

/** The instance in which the app's next system is tried. Long names keep apart by what they are a hash of. */
export function twinOf(app: AppName): AppName {
  if (app.length + SUFFIX.length <= MOST) return `${app}${SUFFIX}` as AppName;
  const mark = createHash('sha256').update(app).digest('hex').slice(0, 8);
  return `${app.slice(0, MOST - SUFFIX.length - mark.length - 1)}-${mark}${SUFFIX}` as AppName;
}

/** The app in whose place an instance with these marks tries a system; null: it is no twin of the project's. */
export function twinIn(labels: Labels, project: string): AppName | null {
  const app = labels[LABEL.twinOf] ?? '';
  return labels[LABEL.project] === twinProject(project) && isAppName(app) ? app : null;
}
