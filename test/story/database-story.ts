import { expect } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Story } from './rig.js';

/** As a database does: its data knows the password that it was made with, and it runs with no other. */
const DATABASE = `
  systemd.services.db = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { Type = "exec"; LoadCredential = "pass"; ExecStart = "/bin/sh -c 'test ! -e /var/lib/db/broken || exit 8; test -e /var/lib/db/pass || cp %d/pass /var/lib/db/pass; grep -qxFf %d/pass /var/lib/db/pass || exit 7; exec sleep infinity'"; };
  };
  users.users.clerk = { isSystemUser = true; group = "clerk"; };
  users.groups.clerk = { };
`;
const FILE = '/etc/credstore/pass';
const EXTRA = '/etc/credstore/extra';

/** An app whose data needs a secret. `away` is where a backup is put that another machine is to have. */
export function databaseStory(name: string) {
  const story = new Story(name, { isWatched: true });
  const app = story.name('db');
  const state = join(story.folder, '.state');
  const kept = join(state, story.project, 'secrets');
  const backups = () => join(state, story.project, 'backups', app);
  const newest = () => readdirSync(backups()).sort().at(-1) ?? '';
  const secret = (name = 'pass') => readFileSync(join(kept, 'generated', `${app}.${name}`), 'utf8');
  const away = join(story.folder, 'away');

  /** The data, what is kept, and what the guest has: one password. */
  const password = async () => {
    const of = async (path: string) => story.inside('db', 'cat', path);
    expect([await of(FILE), await of('/var/lib/db/pass')]).toEqual([secret(), secret()]);
    expect(await story.inside('db', 'systemctl', 'is-active', 'db')).toBe('active');
    expect(await story.inside('db', 'stat', '-c', '%a %U', FILE)).toBe('400 root');
    expect(await story.inside('db', 'stat', '-c', '%a %U', EXTRA)).toBe('440 clerk');
    expect(await story.inside('db', 'cat', EXTRA)).toBe(secret('extra'));
    expect(existsSync(join(kept, 'restoring'))).toBe(false);
    return secret();
  };
  const settled = async () => {
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    expect((await story.volumes()).map((v) => v.config['user.pets.volume'])).toEqual(['data']);
  };
  /** Another machine: nothing is there but the manifest, the flake and the folder `away`. */
  const emptied = async () => {
    await story.ok(['down', '--volumes', '--confirm', story.project]);
    rmSync(state, { recursive: true });
  };
  /** Resolves with its password. */
  const setUp = async () => {
    story.plainFlake('db', DATABASE);
    story.manifest({
      db: 'flake-ref = "./db"\nvolumes = { data = "/var/lib/db" }\nsecrets = { pass = { generate = true }, extra = { generate = true, mode = "0440", owner = "clerk" } }',
    });
    await story.ok(['up']);
    return password();
  };
  return { story, app, away, backups, newest, secret, password, settled, emptied, setUp };
}
