import { sleep } from '../lib/wait.js';
import type { AppName } from '../domain/names.js';
import type { FileAccess, Guest, Incus, SecretFile } from '../domain/services.js';
import { FailedProgram, ProblemError } from '../domain/problem.js';
import { BIN, type Asked } from './ask.js';
import { isUp } from './awake.js';
import { baselineOf } from './baseline.js';
import { lookInside } from './journal.js';
import { loadersOf } from './loaders.js';
import { keptSecretsIn } from './kept-secrets.js';
import { PRELUDE, UNITS } from './shell.js';
import { isAiling, unitsIn } from './units.js';

/** Where systemd looks for a credential that a unit names without a path (systemd.exec(5)). On the root disk. */
const CREDENTIALS = '/etc/credstore';
const POLL_MS = 200;
const ROOT = { uid: 0, gid: 0 };

type Calls = 'writeSecrets' | 'ownSecrets' | 'restartLoaders' | keyof ReturnType<typeof keptSecretsIn>;

export function secretsIn(incus: Incus): Pick<Guest, Calls> {
  const put = (app: AppName, { name, value }: SecretFile, access: FileAccess) =>
    incus.writeFile(app, `${CREDENTIALS}/${name}`, value, access);
  return {
    ...keptSecretsIn(incus, CREDENTIALS),

    writeSecrets: async (app, secrets, remove) => {
      // The root disk of a new container may be empty.
      await incus.makeDirectory(app, '/etc', '0755');
      await incus.makeDirectory(app, CREDENTIALS, '0700');
      for (const secret of secrets) await put(app, secret, firstAccess(secret));
      for (const name of remove) await incus.removeFile(app, `${CREDENTIALS}/${name}`);
    },

    ownSecrets: async (app, secrets, limitMs) => {
      const during = 'before its secrets had their owners';
      const guest = { incus, app, deadline: Date.now() + limitMs, during };
      for (const secret of secrets) {
        const ids = await userOf(guest, secret);
        await put(app, secret, { ...ids, mode: secret.mode });
      }
    },

    restartLoaders: async (app, secrets, limitMs) => {
      const paths = secrets.flatMap((name) => [name, `${CREDENTIALS}/${name}`]);
      const units = await loadersOf(incus, app, new Set(paths), limitMs);
      if (units.length === 0) return [];
      const restart = [`${BIN}/systemctl`, 'restart', '--', ...units];
      const { exitCode, output } = await incus.exec(app, restart, limitMs);
      if (exitCode === 0 || (await areExcused({ incus, app }, units, limitMs))) return units;
      const message = `${units.join(', ')} did not restart with the new secret`;
      const hint = lookInside({ app }, units[0] ?? null);
      throw new FailedProgram(
        { code: 'unit-failed', data: { unit: units.join(' ') }, app, message, hint },
        output.trim().split('\n'),
      );
    },
  };
}

/** Whether of these units only such fail as had failed before. */
async function areExcused(
  { incus, app }: Pick<Asked, 'incus' | 'app'>,
  units: readonly string[],
  limitMs: number,
): Promise<boolean> {
  const command = [`${BIN}/bash`, '-c', `${PRELUDE}${UNITS}units "$@"`, 'bash', ...units];
  const { exitCode, stdout } = await incus.query(app, command, limitMs);
  const failing = exitCode === 0 ? unitsIn(stdout).filter(isAiling) : [];
  if (failing.length === 0) return false;
  const baseline = await baselineOf(incus, app)();
  return failing.every(({ id }) => baseline.has(id));
}

/** Until the guest is asked who that is, it is root's alone. */
function firstAccess({ mode, owner }: SecretFile): FileAccess {
  if (typeof owner === 'number') return { uid: owner, gid: 0, mode };
  return { ...ROOT, mode: owner === 'root' ? mode : '0400' };
}

/** The user comes with the system, which may just be booting. */
async function userOf(guest: Asked, { name, owner }: SecretFile): Promise<Omit<FileAccess, 'mode'>> {
  const { incus, app, deadline } = guest;
  for (;;) {
    const users = (await incus.readFile(app, '/etc/passwd')) ?? '';
    const row = users.split('\n').find((line) => line.startsWith(`${owner}:`));
    const [, , uid = '', gid = ''] = row?.split(':') ?? [];
    if (uid !== '' && gid !== '') return { uid: Number(uid), gid: Number(gid) };
    // By then the system has made its users, whichever way it does.
    if (Date.now() > deadline || (await isUp(guest)))
      throw new ProblemError({
        code: 'secret-owner-unknown',
        data: { owner },
        app,
        path: ['apps', app, 'secrets', name, 'owner'],
        message: `the guest has no user \`${owner}\``,
        hint: 'one of `users.users`, or its uid; a service with DynamicUser loads the secret as a credential',
      });
    await sleep(POLL_MS);
  }
}
