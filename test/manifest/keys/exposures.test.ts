import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { overlaps } from '../../../src/domain/binding.js';
import { type Exposed, findDuplicates } from '../../../src/manifest/keys/exposures.js';
import type { Binding } from '../../../src/domain/binding.js';
import type { IpAddress, Port } from '../../../src/domain/names.js';
import { apart, onOne } from '../many.js';
import { problemsIn } from '../reading.js';
import { examples } from '../../sample.js';

const ADDRESSES = ['0.0.0.0', '::', '127.0.0.1', '127.0.0.2', '::1'];

const binding: fc.Arbitrary<Binding> = fc.oneof(
  fc
    .record({
      protocol: fc.constantFrom('tcp', 'udp'),
      address: fc.constantFrom(...ADDRESSES),
      first: fc.integer({ min: 1, max: 40 }),
      more: fc.nat(12),
    })
    .map(({ protocol, address, first, more }) => ({
      protocol,
      address: address as IpAddress,
      first: first as Port,
      last: (first + more) as Port,
    })),
  fc.constantFrom('/a', '/b').map((path) => ({ protocol: 'unix' as const, path })),
);

test('each exposure that overlaps with one before it is reported, and no other', () => {
  fc.assert(
    fc.property(fc.array(binding, { maxLength: 25 }), (bindings) => {
      const exposed = bindings.map((one, i): Exposed => ({
        app: `a${i}`,
        path: ['apps', `a${i}`, 'port'],
        binding: one,
      }));
      const clashes = exposed.filter((one, i) =>
        exposed.slice(0, i).some((other) => overlaps(one.binding, other.binding)),
      );
      const found = findDuplicates(exposed, () => undefined);
      expect(found.map(({ path }) => path[1])).toEqual(clashes.map(({ app }) => app));
    }),
    examples(1000),
  );
});

describe('in a file', () => {
  const app = (name: string, lines: string) => `[apps.${name}]\nflake-ref = "."\n${lines}\n`;
  const first = (...apps: string[]) => problemsIn(`project = "x"\n${apps.join('')}`).split('\n')[0];

  test.each<[string, string, string]>([
    [
      'port = 80',
      'publish = [{ port = 80 }]',
      'apps.b.publish[0].port: 127.0.0.1:80 is taken by `a` (line 4)',
    ],
    ['port = 80', 'publish = [{ port = 80, protocol = "udp" }]', 'ok'],
    [
      'publish = [{ port = "70-90" }]',
      'port = 80',
      'apps.b.port: 127.0.0.1:80 overlaps with 127.0.0.1:70-90 of `a` (line 4)',
    ],
    [
      'publish = [{ port = 53, protocol = "udp", listen = "::" }]',
      'publish = [{ port = 53, protocol = "udp" }]',
      'apps.b.publish[0].port: 127.0.0.1:53/udp overlaps with [::]:53/udp of `a` (line 4)',
    ],
    [
      'publish = [{ socket = "./x/../s" }]',
      'publish = [{ socket = "/srv/homelab/s" }]',
      'apps.b.publish[0].socket: unix:/srv/homelab/s is taken by `a` (line 4)',
    ],
    ['publish = [{ socket = "./s" }]', 'publish = [{ socket = "./t" }]', 'ok'],
    [
      'port = 80\npublish = [{ port = 80 }]',
      '',
      'apps.a.publish[0].port: 127.0.0.1:80 is taken by this app (line 4)',
    ],
  ])('%s and %s', (a, b, expected) => {
    expect(first(app('a', a), app('b', b))).toContain(expected);
  });
});

describe('many ranges of sixty thousand ports', () => {
  test('ten thousand are compared', () => {
    expect(findDuplicates(apart(10_000), () => undefined)).toEqual([]);
    expect(findDuplicates(onOne(10_000), () => undefined)).toHaveLength(9_999);
  });
});
