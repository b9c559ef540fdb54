import fc from 'fast-check';

/** Random manifests of all keys, each of them valid. */

type Lines = readonly string[];

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
/** Controls of C0 and C1, and what JSON, TOML and JavaScript's `.` take for something of their own. */
const odd = fc.constantFrom(
  '\u0001',
  '\t',
  '\n',
  '\u007f',
  '\u0085',
  '\u009f',
  '\u2028',
  '"',
  '\\',
  '.',
  'a',
);
/** Text of any kind, for a TOML string. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\0', '')),
  fc.string({ unit: odd, maxLength: 5 }),
);
const toml = (text: string) => JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`);

const nixScalar = fc.oneof(
  anyText.map(toml),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((n) => (/[.e]/.test(String(n)) ? String(n) : `${Object.is(n, -0) ? '-0' : n}.0`)),
  fc.boolean().map(String),
);
const nixKey = fc.oneof(
  word,
  anyText,
  fc.constantFrom('__proto__', 'constructor', 'toString', 'float', 'hasOwnProperty'),
);
const { value: nixValue } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    nixScalar,
    fc.array(tie('value'), { maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    fc
      .uniqueArray(fc.tuple(nixKey, tie('value')), { maxLength: 3, selector: ([key]) => key })
      .map((pairs) => `{ ${pairs.map(([key, one]) => `${toml(key)} = ${one}`).join(', ')} }`),
  ),
}));

const option = fc.uniqueArray(fc.tuple(nixKey, nixValue), { maxLength: 3, selector: ([key]) => key });

const one = (key: string, values: readonly string[]) =>
  fc.constantFrom<Lines[]>([], ...values.map((value) => [`${key} = ${value}`]));

const SYSTEM = `/nix/store/${'0'.repeat(32)}-system`;
const source = fc.oneof(
  fc.constantFrom('"."', '"github:a/b#nixosModules.x"', '"./a b"').map((ref) => [`flake-ref = ${ref}`]),
  fc.constantFrom('"./c.nix"', '"hosts/web"').map((path) => [`config = ${path}`]),
);
const assembled = fc
  .tuple(
    source,
    one('nixpkgs', ['"nixpkgs"', '"../nixpkgs"']),
    one('modules', ['[]', '["./a.nix", "/etc/b c"]']),
    option.map((pairs) => pairs.map(([key, value]) => `nixos.${toml(key)} = ${value}`)),
  )
  .map((parts) => parts.flat());

const run = fc
  .tuple(
    one('limits', [
      '{}',
      '{ memory = "25%" }',
      '{ memory = "512MiB", cpu = 2 }',
      '{ cpu = "0-3,5" }',
      '{ cpu = "50%" }',
    ]),
    one('autostart', ['true', 'false']),
    one('timeout', ['"90s"', '"7m"', '"3h"']),
    one('stop-timeout', ['"30s"', '"2m"']),
    one('update', [
      'false',
      '{ auto = true }',
      '{ auto = false, rehearse = true }',
      '{ auto = true, rehearse = { network = true } }',
      '{ auto = true, schedule = "Sun 04:00", allow-major = true }',
    ]),
    one('backup', [
      'false',
      '{}',
      '{ schedule = "daily", keep = { daily = 7, weekly = 4 } }',
      '{ to = "../nas/a b", keep = { last = 1, monthly = 2, yearly = 3 } }',
    ]),
    one('keep', ['1', '100']),
    one('activation', ['"auto"', '"switch"', '"restart"']),
    one('store', ['"shared"', '"copy"']),
    one('image', ['"nixos/25.11"', '"x"']),
  )
  .map((parts) => parts.flat());

const given = anyText.map((text) => toml(`x${text}`));
const incus = fc.oneof(
  one('incus', [
    '{}',
    '{ config = { "user.x y" = "1", "limits.processes" = 5 } }',
    '{ devices = { gpu = { type = "gpu", id = 0 } }, profiles = ["a", "b"] }',
    '{ config = { "raw.apparmor" = "x" }, trusted = true }',
    '{ trusted = false }',
  ]),
  fc
    .tuple(given, given, given)
    .map(([a, b, c]) => [
      `incus = { config = { "user.x" = ${a} }, devices = { gpu = { type = "gpu", id = ${b}, a = ${c} } } }`,
    ]),
);

const kept = fc
  .tuple(
    one('volumes', [
      '{}',
      '{ data = "/x" }\nstateful = true',
      '{ data = "/x" }\nstateful = false',
      '{ data = "/var/lib/x", b = { path = "/srv/b", size = "10GiB" } }',
      '{ constructor.path = "/e" }',
    ]),
    one('binds', ['[]', '["./a:/b:ro", "/a b:/c:create", "..:/d:ro:create"]']),
    one('secrets', [
      '{}',
      '{ db = { file = "./db" }, constructor = { env = "X" }, toString = { generate = true } }',
      '{ db = { file = "/run/db", mode = "440", owner = "web" }, "a.b" = { command = ["pass", ""] } }',
      '{ db = { generate = true, length = 8, owner = 0 }, _x = { sops = "s.yaml", key = "a.0.b c" } }',
    ]),
    one('health', [
      '{ restart = true }',
      '{ unit = "a.service", restart = true }',
      'false',
      '{ path = "/" }',
      '{ path = "/a?b=%20", status = [503, 204, 204], port = 9000, timeout = "2m", interval = "5s", successes = 1 }',
      '{ path = "/", host = "notes.example.org:8443" }',
      '{ tcp = true }',
      '{ unit = "a@b-c.service", successes = 9 }',
      '{ command = ["check", "", "a b"], timeout = "10s" }',
    ]),
    one('tags', ['["b", "a", "b"]']),
    incus,
  )
  .map((parts) => parts.flat());

const listen = one('listen', ['"::1"', '"127.0.0.9"']);
type App = {
  readonly lines: Lines;
  readonly listen: Lines;
  readonly publish: readonly string[];
  readonly isExposed: boolean;
};
const app: fc.Arbitrary<App> = fc.record({
  lines: fc
    .tuple(
      fc.oneof(
        { weight: 5, arbitrary: assembled },
        { weight: 1, arbitrary: fc.constant([`toplevel = "${SYSTEM}"`]) },
      ),
      run,
      kept,
    )
    .map((parts) => parts.flat()),
  listen,
  isExposed: fc.boolean(),
  publish: fc.subarray(['port', 'udp', 'range', 'many', 'socket']),
});

/** Ports of its own for each app: these manifests have no clashes. */
function publishOf(kind: string, index: number): Lines {
  const base = 100 + index * 100;
  switch (kind) {
    case 'port':
      return [`port = ${base}`, 'listen = "0.0.0.0"'];
    case 'udp':
      return [`port = ${base}`, 'protocol = "udp"', 'to = 53'];
    case 'range':
      return [`port = "${base + 1}-${base + 9}"`, 'to = "1-9"'];
    case 'many':
      return [`port = "${base + 10}-${base + 19}"`, 'to = 80'];
    default:
      return [`socket = "./run/${index}.sock"`, 'mode = "0660"'];
  }
}

function table(
  name: string,
  { lines, listen: address, publish, isExposed }: App,
  index: number,
  after: Lines,
): string {
  const keys = [
    ...lines,
    ...address,
    ...(isExposed ? [`port = ${99 + index * 100}`] : []),
    ...after,
    `was = "was-${index}"`,
  ];
  const lists = publish.map((kind) => [`[[apps.${name}.publish]]`, ...publishOf(kind, index)].join('\n'));
  return [`[apps.${name}]`, ...keys, ...lists].join('\n');
}

const name = fc.oneof(word, fc.constantFrom('constructor', 'toString', 'a-b', 'valueOf'));

export const manifestText: fc.Arbitrary<string> = fc
  .record({
    defaults: fc.tuple(run, listen, one('nixpkgs', ['"nixpkgs"'])).map((parts) => parts.flat()),
    apps: fc.uniqueArray(fc.tuple(name, app), { maxLength: 4, selector: ([key]) => key.toLowerCase() }),
    isChained: fc.boolean(),
  })
  .map(({ defaults, apps, isChained }) => {
    const tables = apps.map(([key, one], i) =>
      table(key, one, i, isChained && i > 0 ? [`after = ["${apps[i - 1]?.[0] ?? ''}"]`] : []),
    );
    return ['project = "p"', '[defaults]', ...defaults, ...tables, ''].join('\n');
  });
