import type { Actual } from '../domain/actual.js';
import type { Sighting } from '../domain/alert.js';
import { shortageIn } from '../domain/disk-space.js';
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
  const isOpen = openAlerts(runtime, project).some(({ kind }) => kind === 'disk-full');
  const spaces = [...(await poolsOf(runtime, project, actual)), ...(await foldersOf(runtime, project))];
  const short = spaces.flatMap(({ what, space }) => {
    const words = shortageIn(space, isOpen ? MARGIN : 1);
    return words === null ? [] : [`${what} has ${words}`];
  });
  const alert = short.length === 0 ? null : { kind: 'disk-full' as const, message: short.join('; ') };
  return { app: null, alert, mends: alert === null ? ['disk-full'] : [], updated: null };
}

type Named = { readonly what: string; readonly space: Space };

async function poolsOf({ daemons }: Runtime, project: string, { apps, volumes }: Actual): Promise<Named[]> {
  const incus = daemons.get(LOCAL).incus(project);
  const roots = await incus.poolsWith(apps.map(({ name }) => name));
  const pools = [...new Set([...roots, ...volumes.map(({ pool }) => pool)])].sort();
  return Promise.all(
    pools.map(async (pool) => ({ what: `the pool \`${pool}\``, space: await incus.poolSpace(pool) })),
  );
}

async function foldersOf({ state }: Runtime, project: string): Promise<Named[]> {
  const found = ['/nix/store', state.folder(project)].map(async (path): Promise<Named[]> => {
    try {
      return [{ what: path, space: await spaceAt(path) }];
    } catch (error) {
      // Not made yet.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}
