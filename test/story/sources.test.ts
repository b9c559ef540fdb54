import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, PROFILES, run, Story } from './rig.js';

const SYSTEM = `
  system.stateVersion = "25.05";
  systemd.services.app = { wantedBy = [ "multi-user.target" ]; serviceConfig.ExecStart = "/bin/sleep infinity"; };
`;
const etc = (text: string) => `environment.etc."told".text = "${text}";`;

describe('where a system comes from', () => {
  const story = new Story('src');
  const told = (app: string) => story.inside(app, 'cat', '/etc/told');

  beforeAll(() => {
    story.write(
      'whole/flake.nix',
      `{ outputs = { self, nixpkgs }: {
        nixosModules.other = { incus.container.enable = true; ${SYSTEM} ${etc('other')} };
        nixosConfigurations.web = nixpkgs.lib.nixosSystem {
          system = "x86_64-linux";
          modules = [ { boot.isContainer = true; ${SYSTEM} ${etc('whole')} } ];
        };
      }; }`,
    );
    story.write('classic/configuration.nix', `{ imports = [ ./parts/service.nix ]; ${etc('classic')} }`);
    story.write('classic/parts/service.nix', `{ ${SYSTEM} environment.etc."part".source = ./part.txt; }`);
    story.write('classic/parts/part.txt', 'a part\n');
    story.write('classic/unrelated.txt', 'nobody imports this\n');
  });
  afterAll(() => story.cleanUp());

  const manifest = (extra: Record<string, string> = {}) => {
    story.manifest({
      other: 'flake-ref = "./whole#nixosModules.other"',
      whole: 'flake-ref = "./whole#nixosConfigurations.web"',
      classic: 'config = "./classic/configuration.nix"',
      ...extra,
    });
  };

  test('another module, a whole system, a configuration.nix: all of them run', async () => {
    manifest();
    await story.ok(['up']);
    expect(await Promise.all(['other', 'whole', 'classic'].map(told))).toEqual(['other', 'whole', 'classic']);
    expect(await story.inside('whole', 'hostname')).toBe(story.name('whole'));
    expect(await story.inside('classic', 'cat', '/etc/part')).toBe('a part');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('a configuration.nix is what it imports: a change there counts, one beside it does not', async () => {
    story.write('classic/unrelated.txt', 'still nobody\n');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    story.write('classic/parts/part.txt', 'another part\n');
    expect((await story.ok(['diff'])).stdout).toMatch(/classic +rebuild/);
    await story.ok(['up']);
    expect(await story.inside('classic', 'cat', '/etc/part')).toBe('another part');
  });

  test('a ready system is taken as it is', async () => {
    const toplevel = await must('readlink', [
      '-f',
      `${PROFILES}/${story.project}/${story.name('classic')}/system`,
    ]);
    manifest({ ready: `toplevel = "${toplevel}"` });
    await story.ok(['up']);
    expect(await story.inside('ready', 'readlink', '/run/current-system')).toBe(toplevel);
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test.each([
    ['none', '', 'flake-ref'],
    ['two', 'flake-ref = "./whole"\nconfig = "./classic/configuration.nix"', 'exactly one'],
    ['a file that is not there', 'config = "./classic/configuration.nicks"', 'configuration.nicks'],
    ['no store path', 'toplevel = "/srv/system"', '/nix/store'],
  ])('%s: told before anything is touched', async (_, lines, words) => {
    story.manifest({ bad: lines });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/pets\.toml:\d+:\d+: /);
    expect(up.stderr).toContain(words);
  });

  test('a system that is not in the store fails that app only', async () => {
    const gone = `/nix/store/${'0'.repeat(32)}-nixos-system-gone`;
    manifest({ ready: `toplevel = "${gone}"` });
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain(gone);
  });
});

describe('a flake in a dirty git tree', () => {
  const story = new Story('git');
  const git = (...args: readonly string[]) =>
    run('git', ['-C', story.folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args]);

  beforeAll(async () => {
    story.plainFlake('app', `imports = [ ./tracked.nix ];`);
    story.write('app/tracked.nix', `{ ${etc('committed')} }`);
    await git('init', '--quiet');
    await git('add', 'app');
    await git('commit', '--quiet', '-m', 'x');
    story.manifest({ app: 'flake-ref = "./app"' });
  });
  afterAll(() => story.cleanUp());

  test('what is tracked counts as it is now, what is not tracked does not exist', async () => {
    await story.ok(['up']);
    story.write('app/untracked.nix', 'not even Nix');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
    story.write('app/tracked.nix', `{ ${etc('edited')} }`);
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/etc/told')).toBe('edited');
    story.write('app/tracked.nix', `{ imports = [ ./untracked.nix ]; }`);
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('untracked.nix');
  });
});
