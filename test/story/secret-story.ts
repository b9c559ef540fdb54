import { join } from 'node:path';
import { Story, told } from './rig.js';

/** One unit that loads a secret, one that has nothing to do with it. */
export const READER = `
  systemd.services.reader = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig = { DynamicUser = true; LoadCredential = [ "db" "again:/etc/credstore/db" ]; ExecStart = "/bin/sleep infinity"; };
  };
  systemd.services.other = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = "/bin/sleep infinity";
  };
  users.users.clerk = { isSystemUser = true; group = "clerk"; };
  users.groups.clerk = { };
`;
export const CREDSTORE = '/etc/credstore';
/** What they were before an upgrade that has not ended. */
export const BEFORE = '/etc/credstore.before-upgrade';

export class SecretStory extends Story {
  get state(): string {
    return join(this.folder, '.state');
  }

  override pets(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    return super.pets(args, { PETS_STATE_DIR: this.state, ...env });
  }

  secrets(lines: string, more = ''): void {
    this.manifest({ app: `flake-ref = "./app"\n${more}\nsecrets = { ${lines} }` });
  }

  sha(path: string): Promise<string> {
    return this.inside('app', 'sha256sum', path).then((line) => line.split(' ')[0] ?? '');
  }

  access(name: string): Promise<string> {
    return this.inside('app', 'stat', '-c', '%a %U:%G', join(CREDSTORE, name));
  }

  /** A number that a unit has anew each time it is started. */
  async starts(...units: readonly string[]): Promise<string[]> {
    const show = ['systemctl', 'show', '--property=InvocationID', '--value', ...units];
    const ids = await told(this.name('app'), show);
    return ids.split(/\n+/);
  }
}
