import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { must, Story } from './rig.js';

describe('text that would be code somewhere else', () => {
  let story: Story;
  beforeEach(() => {
    story = new Story('hostile');
  });
  afterEach(() => story.cleanUp());

  test('a folder named with quotes, ${…}, $(…), backslashes and a newline is a folder', async () => {
    const odd = 'a "b" ${builtins.throw "no"} $(touch pwned) \\ \'\'${x}\'\' c\nd';
    story.plainFlake(odd, 'environment.etc."which".text = "odd";');
    story.manifest({ odd: `flake-ref = ${JSON.stringify(`./${odd}`)}` });
    const up = await story.pets(['up', '--progress', 'plain']);
    // A newline is refused with its place; without it the same name works.
    expect(up.code).toBe(65);
    expect(up.stderr).toMatch(/^pets\.toml:7:13: /m);
    const name = odd.replace('\n', ' ');
    story.plainFlake(name, 'environment.etc."which".text = "odd";');
    story.manifest({ odd: `flake-ref = ${JSON.stringify(`./${name}`)}` });
    await story.ok(['up']);
    expect(await story.inside('odd', 'cat', '/etc/which')).toBe('odd');
    expect(existsSync(join(story.folder, 'pwned'))).toBe(false);
  });

  test('a flake that has no such output is told by its name', async () => {
    story.write('app/flake.nix', '{ outputs = { self }: { homeManagerModules.default = { }; }; }\n');
    story.manifest({ app: 'flake-ref = "./app"' });
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain(
      "the flake `./app' has no output `nixosModules.incus'; it has: homeManagerModules",
    );
  });

  test('what a flake prints cannot drive the terminal', async () => {
    story.write(
      'app/flake.nix',
      '{ outputs = { self }: { nixosModules.incus = throw "\\u001b[2Jred \u001b[31m alert"; }; }\n',
    );
    story.manifest({ app: 'flake-ref = "./app"' });
    const up = await story.pets(['up', '--progress', 'plain']);
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('alert');
    expect(up.stderr).not.toContain('\u001b');
  });

  test('in a git work tree an untracked file is not part of the source, and the manifest is not either', async () => {
    await must('git', ['init', '--quiet', story.folder]);
    story.plainFlake(
      'app',
      'environment.etc."extra".text = if builtins.pathExists ./extra then "there" else "not there";',
    );
    story.manifest({ app: 'flake-ref = "./app"' });
    expect(await story.pets(['diff'])).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('is not tracked by git'),
    });
    await must('git', ['-C', story.folder, 'add', 'app/flake.nix']);
    await story.ok(['up']);
    story.write('app/extra', '');
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 0 });
    await must('git', ['-C', story.folder, 'add', 'app/extra', 'pets.toml']);
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 2 });
    await story.ok(['up']);
    expect(await story.inside('app', 'cat', '/etc/extra')).toBe('there');
    story.manifest({ app: 'flake-ref = "./app"\n# a comment' });
    expect(await story.pets(['diff', '--exit-code'])).toMatchObject({ code: 0 });
  });
});
