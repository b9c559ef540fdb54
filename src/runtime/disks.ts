import type { Actual } from '../domain/actual.js';
import type { Sighting } from '../domain/alert.js';
import { shortageIn } from '../domain/disk-space.js';
import { problemOf, ProblemError } from '../domain/problem.js';
import { spaceAt, type Space } from '../lib/free-space.js';
import { openAlerts } from './alerts.js';
import { LOCAL } from './daemons.js';
import type { Project } from './project-type.js';
import type { Runtime } from './runtime.js';

/** So much more must be free before it is over: what lies at the limit is not told again and again. */
const MARGIN = 1.2;

/**
 * Whether what the apps stand on is nearly full: their storage pools, the Nix store, and pets' own folder. Where else
 * backups go is looked at by those who write there: a share that is away answers nobody.
 */
export async function lookAtDisks(
  runtime: Runtime,
  { manifest: { project } }: Project,
  actual: Actual,
): Promise<Sighting> {
  const open = openAlerts(runtime, project).find(({ kind }) => kind === 'disk-full');
  const { known, unknown } = await spacesOf(runtime, project, actual);
  for (const words of unknown) runtime.output.notice('warning', `what is free is not known: ${words}`);
  const short = known.flatMap(({ what, space }) => {
    const words = shortageIn(space, open?.message.includes(what) === true ? MARGIN : 1);
    return words === null ? [] : [{ what, words }];
  });
  const message = short.map(({ what, words }) => `${what} has ${words}`).join('; ');
  const about = short.map(({ what }) => what);
  const alert = short.length === 0 ? null : { kind: 'disk-full' as const, message, about };
  // Of what could not be asked nobody knows that it is over.
  return {
    app: null,
    alert,
    mends: alert === null && unknown.length === 0 ? ['disk-full'] : [],
    updated: null,
  };
}

type Named = { readonly what: string; readonly space: Space };
type Asked = { readonly what: string; readonly ask: () => Promise<Space | null> };

/** One that cannot be asked keeps nobody from being looked at. */
async function spacesOf(runtime: Runtime, project: string, actual: Actual) {
  const known: Named[] = [];
  const unknown: string[] = [];
  const all = [...(await poolsOf(runtime, project, actual)), ...foldersOf(runtime, project)];
  for (const { what, ask } of all)
    try {
      const space = await ask();
      if (space !== null) known.push({ what, space });
    } catch (error) {
      unknown.push(`${what}: ${problemOf(error).message}`);
    }
  return { known, unknown };
}

async function poolsOf({ daemons }: Runtime, project: string, { apps, volumes }: Actual): Promise<Asked[]> {
  const incus = daemons.get(LOCAL).incus(project);
  const roots = await incus.poolsWith(apps.map(({ name }) => name));
  const pools = [...new Set([...roots, ...volumes.map(({ pool }) => pool)])].sort();
  return pools.map((pool) => ({ what: `the pool \`${pool}\``, ask: () => incus.poolSpace(pool) }));
}

function foldersOf({ state }: Runtime, project: string): Asked[] {
  return ['/nix/store', state.folder(project)].map((what) => ({
    what,
    ask: () =>
      spaceAt(what).catch((error: unknown) => {
        const { code = '', message } = error as NodeJS.ErrnoException;
        // Not made yet, or no place for one.
        if (['ENOENT', 'ENOTDIR'].includes(code)) return null;
        throw new ProblemError({ code: 'file-unreadable', message });
      }),
  }));
}
