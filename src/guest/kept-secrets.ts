import type { AppName } from '../domain/names.js';
import type { Guest, Incus } from '../domain/services.js';

/** Beside the secrets, on the root disk as they are; nothing of systemd looks there. */
const KEPT = '/etc/credstore.before-upgrade';
/** No secret's name begins so: an empty file that says that there was none of the name behind it. */
const NONE = '.none.';
/** The largest that is kept. A guest may have put anything there. */
const LIMIT_BYTES = 16 * 1024 * 1024;
const ROOTS_OWN = { uid: 0, gid: 0, mode: '0400' };

type Calls = 'keepSecrets' | 'revertSecrets' | 'forgetSecrets';

/** What secrets were before an upgrade that has not ended. `directory`: where they are. */
export function keptSecretsIn(incus: Incus, directory: string): Pick<Guest, Calls> {
  const forget = async (app: AppName, isToGo: (secret: string) => boolean) => {
    for (const file of (await incus.readDirectory(app, KEPT)) ?? [])
      if (isToGo(secretOf(file))) await incus.removeFile(app, `${KEPT}/${file}`);
  };
  return {
    keepSecrets: async (app, secrets, kept) => {
      // The root disk of a new container may be empty.
      await incus.makeDirectory(app, '/etc', '0755');
      await incus.makeDirectory(app, KEPT, '0700');
      await forget(app, (secret) => !kept.includes(secret));
      for (const name of secrets.filter((secret) => !kept.includes(secret))) {
        const file = await incus.readBytes(app, `${directory}/${name}`, LIMIT_BYTES);
        if (file) await incus.writeFile(app, `${KEPT}/${name}`, file.content, file.access);
        else await incus.writeFile(app, `${KEPT}/${NONE}${name}`, new Uint8Array(), ROOTS_OWN);
      }
    },

    revertSecrets: async (app, secrets) => {
      const files = (await incus.readDirectory(app, KEPT)) ?? [];
      const lost: string[] = [];
      for (const name of secrets) {
        const file = await incus.readBytes(app, `${KEPT}/${name}`, LIMIT_BYTES);
        if (file) await incus.writeFile(app, `${directory}/${name}`, file.content, file.access);
        else if (files.includes(`${NONE}${name}`)) await incus.removeFile(app, `${directory}/${name}`);
        else lost.push(name);
      }
      return lost;
    },

    forgetSecrets: (app, secrets) => forget(app, (secret) => secrets === null || secrets.includes(secret)),
  };
}

function secretOf(file: string): string {
  return file.startsWith(NONE) ? file.slice(NONE.length) : file;
}
