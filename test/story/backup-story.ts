import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { seen, sleep, Story } from './rig.js';

/** Counts its starts and a number, as a user of its own. Where there is a file `broken`, it fails. */
const KEEPER = `
  systemd.services.keeper = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { Type = "exec"; DynamicUser = true; StateDirectory = "keeper"; ExecStart = "/bin/sh -c 'test ! -e /var/lib/keeper/broken || exit 7; date >> /var/lib/keeper/starts; n=0; while :; do n=$((n+1)); echo $n >> /var/lib/keeper/numbers; sleep 0.2; done'"; };
  };
`;
export const DATA = '/var/lib/private/keeper';
export const CACHE = '/var/cache/keeper';
const LINES = `flake-ref = "./keeper"\nvolumes = { data = "${DATA}", cache = "${CACHE}" }`;

/** An app with two volumes that have a bit of everything in them. */
export function keeperStory(name: string) {
  const story = new Story(name, { isWatched: true });
  const app = story.name('keeper');
  const folderOf = (name = app) => join(story.folder, '.state', story.project, 'backups', name);
  /** A run that was killed may have left one that is not whole. */
  const entries = () => readdirSync(folderOf()).sort();
  const ids = () => entries().filter((name) => !name.startsWith('.'));
  const ok = (...args: string[]) => story.ok(args);
  const pets = (...args: string[]) => story.pets(args);
  const inside = (script: string) => story.inside('keeper', 'sh', '-c', script);
  /** Every file with its type, mode, owner, size, link and content; not what the running service goes on writing. */
  const fingerprint = () =>
    inside(
      `cd ${DATA} && find . ! -name numbers ! -name starts ! -name . -printf '%p %y %m %U:%G %s %l\\n' | sort; find . -type f ! -name numbers ! -name starts -exec sha256sum {} + | sort; getfattr -d -m user. known 2>/dev/null || :`,
    );
  const unfinished = async () =>
    (await story.volumes()).map((v) => v.config['user.pets.volume'] ?? '').filter((v) => v.includes('.'));
  /** Resolves with the fingerprint of what is in them. */
  const setUp = async () => {
    story.plainFlake('keeper', KEEPER);
    story.manifest({ keeper: LINES });
    await ok('up');
    await inside(
      `cd ${DATA} && mkdir -p deep/er && echo kept > known && ln -s known link && ln known hard && chmod 4750 known && chown 1234:4321 known && mkfifo pipe && truncate -s 5M sparse && head -c 300000 /dev/urandom > deep/er/noise && touch "$(printf 'odd\\nname')"`,
    );
    await inside(`echo warm > ${CACHE}/warm`);
    return fingerprint();
  };
  /** Ends `pets` the hard way, `ms` after a step was told. */
  const killed = async (args: readonly string[], step: string, ms: number) => {
    const { child, ended } = story.start(args);
    await seen(child, step);
    await sleep(ms);
    child.kill('SIGKILL');
    await ended;
  };
  return { story, app, folderOf, entries, ids, ok, pets, inside, fingerprint, unfinished, setUp, killed };
}
