import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readManifest } from '../../src/manifest/read.js';
import { formatProblem } from '../../src/domain/problem.js';
import { apps } from './many.js';
import { flakeOf, golden, manifestOf, problemsIn } from './reading.js';
import { examples } from '../sample.js';

const NIXPKGS = {
  written: 'github:nixos/nixpkgs/nixos-25.11',
  url: 'github:nixos/nixpkgs/nixos-25.11',
  attribute: '',
};

/** What an app has that says nothing but where its system comes from. */
const PLAIN = {
  was: null,
  nixpkgs: NIXPKGS,
  modules: [],
  nixos: {},
  port: null,
  listen: '127.0.0.1',
  publish: [],
  secrets: [],
  volumes: [],
  binds: [],
  limits: { memory: null, cpu: null },
  autostart: null,
  incus: { config: {}, devices: {}, profiles: null },
  after: [],
  tags: [],
  store: null,
  image: 'nixos/25.11',
  activation: 'auto',
  keep: 5,
  timeout: null,
  stopTimeout: 30_000,
  update: null,
  backup: null,
  restartUnhealthy: false,
  rehearsal: null,
  health: { check: { kind: 'stable' }, timeoutMs: 60_000, intervalMs: 1000, successes: 4 },
  stateful: false,
};

describe('a good manifest', () => {
  test('is read with its defaults, apps by name', () => {
    const manifest = manifestOf(`
      project = "homelab"
      [defaults]
      listen = "100.122.32.106"
      [apps.web]
      flake-ref = "./web#nixosModules.site"
      [apps.anywhen]
      flake-ref = "github:srid/anywhen"
      port = 7700
      [apps.local]
      flake-ref = "github:srid/anywhen"
      port = 7700
      listen = "0::1"
      nixpkgs = "../nixpkgs"
    `);
    const anywhen = {
      kind: 'flake',
      ref: { written: 'github:srid/anywhen', url: 'github:srid/anywhen', attribute: 'nixosModules.incus' },
    };
    const nixpkgs = {
      written: '../nixpkgs',
      url: 'path:/srv/nixpkgs',
      directory: '/srv/nixpkgs',
      attribute: '',
    };
    const web = {
      written: './web#nixosModules.site',
      url: 'path:/srv/homelab/web',
      directory: '/srv/homelab/web',
      attribute: 'nixosModules.site',
    };
    expect(manifest).toEqual({
      project: 'homelab',
      apps: [
        { ...PLAIN, name: 'anywhen', source: anywhen, port: 7700, listen: '100.122.32.106' },
        { ...PLAIN, name: 'local', source: anywhen, nixpkgs, port: 7700, listen: '::1' },
        { ...PLAIN, name: 'web', source: { kind: 'flake', ref: web }, listen: '100.122.32.106' },
      ],
    });
  });

  test('may have no apps left', () => {
    expect(manifestOf('project = "x"\n[apps]\n')).toEqual({ project: 'x', apps: [] });
    expect(manifestOf('project = "x"').apps).toEqual([]);
  });

  test('may be written with a byte order mark, CRLF, dotted keys and inline tables', () => {
    const { apps } = manifestOf(
      '\uFEFFproject = "x" # c\r\napps."web".flake-ref = "."\r\napps.db = { flake-ref = ".", port = 1 }\r\n',
    );
    expect(apps.map(({ name, port }) => [name, port])).toEqual([
      ['db', 1],
      ['web', null],
    ]);
  });

  test('locates any key afterwards', () => {
    const result = readManifest('project = "x"\n[apps.web]\nflake-ref = "."\n  port = 80\n', {
      file: 'pets.toml',
      directory: '/srv',
    });
    if (!result.ok) throw new Error('expected a manifest');
    expect(formatProblem({ message: 'busy', ...result.locate(['apps', 'web', 'port']) })).toBe(
      golden(`
pets.toml:4:10: busy
  4 |   port = 80
    |          ^^
`),
    );
  });

  test('random ones resolve to what they say', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,5})?$/);
    const app = fc.record({
      port: fc.option(fc.nat({ max: 40_000 })),
      ref: fc.constantFrom('github:a/b', './x', '.'),
    });
    fc.assert(
      fc.property(fc.dictionary(name, app, { noNullPrototype: true }), fc.boolean(), (apps, inline) => {
        const names = Object.keys(apps);
        const ports = names.map((key, i) =>
          apps[key]?.port == null ? null : 1 + i + 100 * (apps[key].port % 600),
        );
        const tables = names.map((key, i) => {
          const pairs = [
            `flake-ref = "${apps[key]?.ref ?? ''}"`,
            ...(ports[i] == null ? [] : [`port = ${ports[i]}`]),
          ];
          return inline ? `apps.${key} = { ${pairs.join(', ')} }` : `[apps.${key}]\n${pairs.join('\n')}`;
        });
        if (new Set(ports.filter(Boolean)).size < ports.filter(Boolean).length) return;
        const read = manifestOf(`project = "p"\n${tables.join('\n')}\n`);
        expect(read.apps.map((one) => [one.name, flakeOf(one), one.port])).toEqual(
          names
            .map((key, i) => [key, apps[key]?.ref, ports[i]] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
      }),
    );
  });
});

describe('problems', () => {
  test('come all at once, in the order of the file', () => {
    const text = `[apps.web]
flake-ref = "gihub:a/b"
port = 99999
listen = "localhost"
[apps.db]
prot = 5432
[apps."my app"]
flake-ref = 7
port = "80:8080"
[defaults]
lisen = "::1"
nixpkgs = ""
`;
    expect(problemsIn(text)).toBe(
      golden(`
pets.toml:1:1: \`project\` is missing
  hint: project = "homelab"
pets.toml:2:13: apps.web.flake-ref: unknown scheme \`gihub:\`
  2 | flake-ref = "gihub:a/b"
    |             ^^^^^^^^^^^
  hint: did you mean \`github:\`?
pets.toml:3:8: apps.web.port: expected a port from 1 to 65535, got 99999
  3 | port = 99999
    |        ^^^^^
pets.toml:4:10: apps.web.listen: expected an IP address, got "localhost"
  4 | listen = "localhost"
    |          ^^^^^^^^^^^
  hint: a literal address, without the port: "127.0.0.1" or "::1"; host names are not looked up
pets.toml:5:7: apps.db: exactly one of \`flake-ref\`, \`config\` and \`toplevel\` is needed
  5 | [apps.db]
    |       ^^
  hint: flake-ref = "github:owner/repo"
pets.toml:6:1: apps.db.prot: unknown key
  6 | prot = 5432
    | ^^^^
  hint: did you mean \`port\`?
pets.toml:7:7: apps."my app": expected a name of 1 to 63 letters, digits and hyphens
  7 | [apps."my app"]
    |       ^^^^^^^^
  hint: did you mean \`my-app\`?
pets.toml:8:13: apps."my app".flake-ref: expected a flake reference, got 7
  8 | flake-ref = 7
    |             ^
pets.toml:9:8: apps."my app".port: expected a port from 1 to 65535, got "80:8080"
  9 | port = "80:8080"
    |        ^^^^^^^^^
  hint: only the port on the host: inside the app it is always 8080, and the address is \`listen\`
pets.toml:11:1: defaults.lisen: unknown key
  11 | lisen = "::1"
     | ^^^^^
  hint: did you mean \`listen\`?
pets.toml:12:11: defaults.nixpkgs: the flake reference is empty
  12 | nixpkgs = ""
     |           ^^
  hint: github:owner/repo, git+https://host/repo, or ./folder
`),
    );
  });

  test('keys at the wrong place are told the right one', () => {
    const text =
      'project = "x"\nport = 1\nnixpkgs = "."\n[app.a]\n[web]\nport = 2\n[defaults]\nproject = "y"\nport = 3\n';
    expect(problemsIn(text)).toBe(
      golden(`
pets.toml:2:1: port: unknown key
  2 | port = 1
    | ^^^^
  hint: \`port\` belongs in [apps.<name>]
pets.toml:3:1: nixpkgs: unknown key
  3 | nixpkgs = "."
    | ^^^^^^^
  hint: \`nixpkgs\` belongs in [defaults] or [apps.<name>]
pets.toml:4:2: app: unknown key
  4 | [app.a]
    |  ^^^
  hint: did you mean \`apps\`?
pets.toml:5:2: web: unknown key
  5 | [web]
    |  ^^^
  hint: apps are written [apps.web]
pets.toml:8:1: defaults.project: unknown key
  8 | project = "y"
    | ^^^^^^^
  hint: \`project\` belongs at the top of the file, before the first [table]
pets.toml:9:1: defaults.port: unknown key
  9 | port = 3
    | ^^^^
  hint: \`port\` belongs in [apps.<name>]
`),
    );
  });

  test.each([
    ['apps = 3', 'apps: expected a table, got 3'],
    ['apps = []', 'apps: expected a table, got an array'],
    ['[[apps]]', 'apps: expected a table, got an array'],
    ['apps = 1979-05-27', 'apps: expected a table, got the date 1979-05-27'],
    ['defaults = "x"', 'defaults: expected a table, got "x"'],
    ['apps.web = "github:a/b"', 'apps.web: expected a table, got "github:a/b"'],
    ['apps.web = { flake-ref = [] }', 'apps.web.flake-ref: expected a flake reference, got an array'],
    ['apps.web = { flake-ref = ".", port = 0 }', 'apps.web.port: expected a port from 1 to 65535, got 0'],
    ['apps.web = { flake-ref = ".", port = -1 }', 'apps.web.port: expected a port from 1 to 65535, got -1'],
    ['apps.web = { flake-ref = ".", port = 1.5 }', 'apps.web.port: expected a port from 1 to 65535, got 1.5'],
    ['apps.web = { flake-ref = ".", port = nan }', 'apps.web.port: expected a port from 1 to 65535, got NaN'],
    [
      'apps.web = { flake-ref = ".", port = true }',
      'apps.web.port: expected a port from 1 to 65535, got true',
    ],
    [
      'apps.web = { flake-ref = ".", port = {} }',
      'apps.web.port: expected a port from 1 to 65535, got a table',
    ],
    [
      'apps.web = { flake-ref = ".", port = 9007199254740993 }',
      'apps.web.port: expected a port from 1 to 65535, got 9007199254740993',
    ],
    ['apps.web = { flake-ref = ".", port = 18446744073709551617 }', 'apps.web.port: the number is too large'],
    [
      'apps.web = { flake-ref = ".", listen = "::1%lo" }',
      'apps.web.listen: expected an IP address, got "::1%lo"',
    ],
    ['apps.web = { flake-ref = "\\u001b[31m" }', 'got "\\u001b[31m"'],
    ['defaults.nixpkgs = ".#x"', 'defaults.nixpkgs: nixpkgs takes no attribute after `#`'],
    ['apps."" = { flake-ref = "." }', 'apps."": expected a name of 1 to 63 letters, digits and hyphens'],
    ['apps.42 = { flake-ref = "." }', 'apps.42: expected a name of 1 to 63 letters, digits and hyphens'],
    ['apps.-a = { flake-ref = "." }', 'apps.-a: expected a name of 1 to 63 letters, digits and hyphens'],
    [
      `apps.${'a'.repeat(64)} = { flake-ref = "." }`,
      'expected a name of 1 to 63 letters, digits and hyphens',
    ],
    ['project = "a b"', 'project: expected a name of 1 to 63 letters, digits and hyphens, got "a b"'],
  ])('%s', (line, message) => {
    const shown = problemsIn(line.startsWith('project') ? line : `project = "x"\n${line}\n`);
    expect(shown.split('\n')[0]).toContain(message);
    expect(shown.match(/^pets\.toml:/gm)).toHaveLength(1);
  });
});

describe('exposures that cannot be open together', () => {
  const manifest = (...apps: [name: string, port: number, listen?: string][]) =>
    apps.reduce(
      (text, [name, port, listen]) =>
        `${text}[apps.${name}]\nflake-ref = "."\nport = ${port}\n${listen === undefined ? '' : `listen = "${listen}"\n`}`,
      'project = "x"\n',
    );

  test('the same address twice', () => {
    expect(problemsIn(manifest(['web', 7700], ['db', 7700]))).toBe(
      golden(`
pets.toml:7:8: apps.db.port: 127.0.0.1:7700 is taken by \`web\` (line 4)
  7 | port = 7700
    |        ^^^^
  hint: give one of them another port, or each an address of its own
`),
    );
  });

  test.each([
    ['0.0.0.0', '10.0.0.1', '10.0.0.1:80 overlaps with 0.0.0.0:80 of `a` (line 4)'],
    ['10.0.0.1', '::', '[::]:80 overlaps with 10.0.0.1:80 of `a` (line 4)'],
    ['::', '::1', '[::1]:80 overlaps with [::]:80 of `a` (line 4)'],
    ['::ffff:10.0.0.1', '10.0.0.1', '10.0.0.1:80 is taken by `a` (line 4)'],
    ['0:0::1', '::1', '[::1]:80 is taken by `a` (line 4)'],
    ['0.0.0.0', '::1', '[::1]:80 overlaps with 0.0.0.0:80 of `a` (line 4)'],
    ['10.0.0.1', '10.0.0.2', 'ok'],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(problemsIn(manifest(['a', 80, a], ['b', 80, b])).split('\n')[0]).toContain(expected);
  });

  test('a clash shows although another key of the app is wrong', () => {
    const shown = problemsIn('project = "x"\n[apps.a]\nflake-ref = 1\nport = 80\n[apps.b]\nport = 80\n');
    expect(shown).toContain('apps.b.port: 127.0.0.1:80 is taken by `a` (line 4)');
    expect(shown.match(/^pets\.toml:/gm)).toHaveLength(3);
  });

  test('the later in the file is reported, in whatever order the tables are opened', () => {
    const text = 'project = "x"\n[apps]\nb.flake-ref = "."\na.flake-ref = "."\na.port = 80\nb.port = 80\n';
    expect(problemsIn(text).split('\n')[0]).toBe(
      'pets.toml:6:10: apps.b.port: 127.0.0.1:80 is taken by `a` (line 5)',
    );
  });
});

/** What a parser that pollutes prototypes would add to. */
function keysOfGlobals(): unknown[] {
  const inherited: unknown = Reflect.get(Object.prototype, 'toString');
  return [Object, Object.prototype, inherited].map((target) => Reflect.ownKeys(target as object));
}

describe('hostile files', () => {
  test('apps may be called like inherited properties', () => {
    const names = ['constructor', 'hasOwnProperty', 'toString', 'valueOf'];
    const text = `project = "x"\n${names.map((name) => `[apps.${name}]\nflake-ref = "."\n`).join('')}`;
    expect(manifestOf(text).apps.map(({ name }) => name)).toEqual(names);
    expect(manifestOf(text)).toEqual(manifestOf(text));
  });

  test('nothing global is written to', () => {
    const before = keysOfGlobals();
    for (const key of [
      'constructor',
      '__proto__',
      'toString',
      'constructor.prototype',
      '__proto__.toString',
    ]) {
      for (const prefix of ['', 'apps.', 'apps.web.', 'defaults.']) {
        problemsIn(`project = "x"\n[${prefix}${key}]\npolluted = 1\n`);
        problemsIn(`project = "x"\n${prefix}${key}.polluted = 1\n`);
        problemsIn(`project = "x"\n[[${prefix}${key}]]\npolluted = 1\n`);
        problemsIn(`project = "x"\nz = { ${prefix}${key}.polluted = 1 }\n`);
      }
    }
    expect(keysOfGlobals()).toEqual(before);
  });

  test('keys like inherited properties are unknown keys, and __proto__ is no name', () => {
    expect(problemsIn('project = "x"\nconstructor = 1\ntoString = 2\n__proto__ = 3\n')).toBe(
      golden(`
pets.toml:2:1: constructor: unknown key
  2 | constructor = 1
    | ^^^^^^^^^^^
pets.toml:3:1: toString: unknown key
  3 | toString = 2
    | ^^^^^^^^
pets.toml:4:1: __proto__: unknown key
  4 | __proto__ = 3
    | ^^^^^^^^^
`),
    );
    expect(problemsIn('project = "x"\n[apps.__proto__]\nflake-ref = "."\n')).toContain(
      'apps.__proto__: expected a name of 1 to 63 letters, digits and hyphens',
    );
  });

  test('deep nesting ends as a problem', () => {
    const deep = (n: number) => `${'['.repeat(n)}${']'.repeat(n)}`;
    expect(problemsIn(`project = ${deep(100)}`).split('\n')[0]).toBe(
      'pets.toml:1:12: project[0]: nested too deeply',
    );
    expect(problemsIn(`project = ${deep(10_000)}`)).toContain('nested too deeply');
    expect(problemsIn(`project = "x"\n${'a.'.repeat(5000)}a = 1`)).toContain('nested too deeply');
  });

  test('a thousand apps are read, or all reported', () => {
    const apart = apps(1000, (i) => `flake-ref = "."\nport = ${i + 1}`);
    expect(manifestOf(apart).apps).toHaveLength(1000);
    const clashing = apps(1000, () => 'flake-ref = "."\nport = 80');
    expect(problemsIn(clashing).match(/is taken by/g)).toHaveLength(999);
  });

  test('any text is a manifest or a list of placed problems', () => {
    // The package's own would make a table of all that there are first, which takes as long as all else here.
    const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
    const piece = fc.oneof(
      fc.string({ unit: character, maxLength: 6 }),
      fc.constantFrom(
        'project',
        '=',
        '"x"',
        '[apps.a]',
        '\n',
        '[',
        ']',
        '{',
        '}',
        '.',
        ',',
        '1979-13-01',
        '"""',
        '# ',
        '\0',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const result = readManifest(pieces.join(''), { file: 'pets.toml', directory: '/srv' });
        if (result.ok) return;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const problem of result.problems) {
          expect(problem.place?.line).toBeGreaterThan(0);
          expect(problem.place?.column).toBeGreaterThan(0);
          expect(formatProblem(problem).replaceAll('\n', '').replaceAll('\t', '')).not.toMatch(/\p{Cc}/u);
        }
      }),
      examples(500),
    );
  });
});
