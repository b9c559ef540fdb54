import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { must, run, Story } from './rig.js';

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
      `/nix/var/nix/profiles/per-pet/${story.project}/${story.name('classic')}/system`,
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

describe('options from the manifest', () => {
  const story = new Story('opt');
  const MODULE = `
    options.services.app = {
      port = lib.mkOption { type = lib.types.port; default = 8080; };
      title = lib.mkOption { type = lib.types.str; default = "untitled"; };
      ratio = lib.mkOption { type = lib.types.float; default = 0.5; };
      words = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
      settings = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
    };
  `;

  beforeAll(() => {
    story.write(
      'app/flake.nix',
      `{ outputs = _: { nixosModules.incus = { config, lib, ... }: { ${MODULE}
        config = {
          incus.container.enable = true;
          system.stateVersion = "25.05";
          services.app = { port = 1234; words = [ "own" ]; };
          environment.etc."told".text = builtins.toJSON { inherit (config.services.app) port title ratio words settings; };
        };
      }; }; }`,
    );
    story.write('extra.nix', `{ ${etc('no').replace('told', 'extra')} }`);
  });
  afterAll(() => story.cleanUp());

  test('are merged over the module; every kind of value arrives as it was written', async () => {
    const title = `a "quoted" \${nasty} ''multi'' \\\\ back\\nslash ü`;
    story.manifest({
      app: [
        'flake-ref = "./app"',
        'modules = ["./extra.nix"]',
        '[apps.APP.nixos.services.app]'.replace('APP', story.name('app')),
        'port = 8081',
        `title = "${title.replaceAll('"', '\\"')}"`,
        'ratio = 1.0',
        'words = ["from", "toml"]',
        'settings.deep."a.b".yes = true',
        'settings.count = 9007199254740993',
      ].join('\n'),
    });
    await story.ok(['up']);
    const told = await story.inside('app', 'cat', '/etc/told');
    expect(JSON.parse(told)).toMatchObject({
      port: 8081,
      title: JSON.parse(`"${title.replaceAll('"', '\\"')}"`) as string,
      ratio: 1,
      settings: { deep: { 'a.b': { yes: true } } },
    });
    expect((JSON.parse(told) as { words: string[] }).words.sort()).toEqual(['from', 'own', 'toml']);
    expect(told).toContain('9007199254740993');
    expect(await story.inside('app', 'cat', '/etc/extra')).toBe('no');
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  });

  test('a changed one is shown by its name and value', async () => {
    story.write('pets.toml', story.read('pets.toml').replace('port = 8081', 'port = 8082'));
    expect((await story.ok(['diff'])).stdout).toMatch(/nixos\.services\.app\.port +8081 → 8082/);
  });

  test.each([
    ['an option that there is not', 'prot = 1', /services\.app\.prot/],
    ['a value of a wrong type', 'port = "many"', /services\.app\.port/],
  ])('%s fails that app only, at its line and in the words of Nix', async (_, line, words) => {
    const other = 'flake-ref = "./app"';
    const bad = `flake-ref = "./app"\n[apps.${story.name('bad')}.nixos.services.app]\n${line}`;
    story.manifest({ other, bad });
    const at = story.read('pets.toml').split('\n').indexOf(line) + 1;
    const up = await story.pets(['up']);
    expect(up.code).toBe(1);
    expect(up.stderr).toMatch(new RegExp(`pets\\.toml:${at}:\\d+`));
    expect(up.stderr).toMatch(words);
    expect((await story.instances()).map((i) => i.name)).toContain(story.name('other'));
    expect((await story.instances()).map((i) => i.name)).not.toContain(story.name('bad'));
  });

  test('a date is refused, and the message says what to write', async () => {
    story.manifest({ app: 'flake-ref = "./app"\nnixos.services.app.title = 2026-01-01' });
    const up = await story.pets(['up']);
    expect(up.code).toBe(65);
    expect(up.stderr).toContain('nixos.services.app.title');
    expect(up.stderr).toMatch(/date/);
  });
});
