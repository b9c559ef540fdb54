import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { KEPT, linkOf, type ProfileDirectory } from './generations.js';
import { nixIn, type GuestNix } from './guest-nix.js';
import { PROFILES } from './backend.js';

/** For a guest that is up, and for a command that only asks or sets a link. */
export const ANSWER_MS = 60_000;

/** The profile directory of a guest that runs or not. A guest that does not boot is brought back while it is stopped. */
export async function guestDirectory(incus: Incus, app: AppName): Promise<ProfileDirectory> {
  const at = (path: string) => `${PROFILES}/${path}`;
  const links = {
    list: async (folder: string) => (await incus.readDirectory(app, at(folder))) ?? [],
    read: (link: string) => incus.readLink(app, at(link)),
    write: (link: string, target: string) => incus.writeLink(app, at(link), target),
    remove: (link: string) => incus.removeFile(app, at(link)),
  };
  await incus.makeDirectory(app, at(KEPT), '0755');
  return {
    ...links,
    ...((await incus.status(app)) === 'Running'
      ? throughNix(incus, app, at('system'))
      : {
          missing: async (toplevel) =>
            (await incus.readDirectory(app, toplevel)) === null ? 'no such directory' : null,
          // In two steps, but nobody boots from it in between.
          point: (generation) => links.write('system', linkOf(generation)),
        }),
  };
}

/** Nix changes the link at once: a guest that is ended at any moment boots the one system or the other. */
function throughNix(
  incus: Incus,
  app: AppName,
  profile: string,
): Pick<ProfileDirectory, 'missing' | 'point'> {
  let found: Promise<GuestNix> | null = null;
  const nix = () => (found ??= nixIn(incus, app, ANSWER_MS));
  return {
    missing: async (toplevel) => {
      const command = [`${(await nix()).directory}nix-store`, '--realise', toplevel];
      const { exitCode, stderr } = await incus.query(app, command, ANSWER_MS);
      return exitCode === 0 ? null : stderr;
    },
    point: async (generation) => {
      const args = ['--profile', profile, '--switch-generation', String(generation)];
      await (await nix()).run('nix-env', args, ANSWER_MS);
    },
  };
}
