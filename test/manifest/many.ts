import type { IpAddress, Port } from '../../src/domain/names.js';
import type { Exposed } from '../../src/manifest/keys/exposures.js';

export const APP = 'project = "x"\n[apps.web]\nflake-ref = "."\n';

/** Texts of any size that are no manifest, and the size at which each is tried. */
export const TOO_MUCH: readonly (readonly [what: string, textOf: (n: number) => string, most: number])[] = [
  ['lists', (n) => `project = ${'['.repeat(n)}${']'.repeat(n)}`, 10_000],
  ['tables', (n) => `project = ${'{a='.repeat(n)}1${'}'.repeat(n)}`, 10_000],
  ['lists that nobody closes', (n) => `project = ${'['.repeat(n)}`, 10_000],
  ['dotted keys', (n) => `${APP}nixos.${'a.'.repeat(n)}a = 1`, 10_000],
  ['headers', (n) => `${APP}[apps.web.nixos${'.a'.repeat(n)}]\nb = 1`, 10_000],
  ['options', (n) => `${APP}nixos.x = ${'['.repeat(n)}1${']'.repeat(n)}`, 100],
  ['digits', (n) => `project = ${'9'.repeat(n)}`, 100_000],
  ['a line', (n) => `project = "${'x'.repeat(n)}"`, 100_000],
  ['a key', (n) => `${'k'.repeat(n)} = 1`, 100_000],
  ['keys', (n) => Array.from({ length: n }, (_, i) => `k${1000 + i} = 1`).join('\n'), 2000],
  [
    'apps',
    (n) =>
      `project = "x"\n${Array.from({ length: n }, (_, i) => `[apps.a${i}]\nafter = ["b${i}"]\nprot = 1\nport = 80`).join('\n')}`,
    300,
  ],
  ['binds', (n) => `${APP}binds = [${'"./x:/x", '.repeat(n)}]`, 2000],
];

/** A manifest with so many apps, each with the table that is made for it. */
export const apps = (count: number, table: (i: number) => string) =>
  `project = "x"\n${Array.from({ length: count }, (_, i) => `[apps.a${i}]\n${table(i)}\n`).join('')}`;

/** `a: b c` is an app `a` that comes after `b` and `c`. */
export function after(...apps: string[]): string {
  const tables = apps.map((one) => {
    const [name = '', others = ''] = one.split(':');
    const list = others
      .split(' ')
      .filter(Boolean)
      .map((other) => `"${other}"`);
    return `[apps.${name}]\nflake-ref = "."\nafter = [${list.join(', ')}]\n`;
  });
  return `project = "x"\n${tables.join('')}`;
}

export const inCycle = (count: number) =>
  after(...Array.from({ length: count }, (_, i) => `a${i}: a${(i + 1) % count}`));

export const inRow = (count: number) =>
  after(...Array.from({ length: count }, (_, i) => `a${i}: ${i > 0 ? `a${i - 1}` : ''}`));

/** Ranges of sixty thousand ports, on addresses of their own. */
export const apart = (count: number) =>
  Array.from({ length: count }, (_, i): Exposed => ({
    app: `a${i}`,
    path: ['apps', `a${i}`, 'port'],
    binding: {
      protocol: 'tcp',
      address: `10.0.${i >> 8}.${i & 255}` as IpAddress,
      first: (1 + (i % 7)) as Port,
      last: 60_000 as Port,
    },
  }));
export const onOne = (count: number) =>
  apart(count).map((one) => ({ ...one, binding: { ...one.binding, address: '0.0.0.0' as IpAddress } }));
