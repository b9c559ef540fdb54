import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Story } from './rig.js';

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
    story.write('extra.nix', '{ environment.etc."extra".text = "no"; }');
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
