import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bindingOf,
  formatBinding,
  formatListen,
  overlaps,
  parseIp,
  parseListen,
  parsePort,
  parseProxyListen,
  parseProxyPorts,
  proxyListen,
  socketsOf,
  urlOf,
} from '../../src/domain/binding.js';
import type { Binding, Listen } from '../../src/domain/binding.js';

const listen = (text: string): Listen => {
  const parsed = parseListen(text);
  if (!parsed) throw new Error(`not a listen: ${text}`);
  return parsed;
};

describe('parseIp', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['FE80::0001', 'fe80::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['::1.2.3.4', '::102:304'],
  ])('%s → %s', (written, canonical) => {
    expect(parseIp(written)).toBe(canonical);
  });

  test.each(
    '|localhost|127.1|2130706433|0x7f.0.0.1|0177.0.0.1|127.0.0.01|256.0.0.1|1.2.3.4.5|1.2.3.4:80|1.2.3.4/8| 1.2.3.4|[::1]|fe80::1%eth0|1::2::3|:::|:1|1:|12345::|::00001|::ffff:01.2.3.4|1:2:3:4:5:6:7:8:9|g::'.split(
      '|',
    ),
  )('refuses %p', (written) => {
    expect(parseIp(written)).toBeNull();
  });

  test('accepts what node accepts, is stable, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string()), (written) => {
        const parsed = parseIp(written);
        if (parsed === null) return !isIPv4(written) && (!isIPv6(written) || written.includes('%'));
        return (isIPv4(written) || isIPv6(written)) && parseIp(parsed) === parsed;
      }),
    );
  });
});

test('parsePort takes plain decimals from 1 to 65535', () => {
  expect(['1', '65535'].map(parsePort)).toEqual([1, 65535]);
  for (const bad of ['', '0', '65536', '080', '+80', '8e1', '80 ', '-1', '99999999999'])
    expect(parsePort(bad)).toBeNull();
});

describe('listen addresses', () => {
  const anyListen = fc
    .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65535 }))
    .map(([ip, port]) => listen(`${ip.includes(':') ? `[${ip}]` : ip}:${port}`));

  test('format and parse are each other’s inverse', () => {
    expect(formatListen(listen('127.0.0.1:7700'))).toBe('127.0.0.1:7700');
    expect(formatListen(listen('[0::1]:7700'))).toBe('[::1]:7700');
    fc.assert(
      fc.property(anyListen, (one) => {
        expect(parseListen(formatListen(one))).toEqual(one);
      }),
    );
  });

  test.each([
    '7700',
    ':7700',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:0',
    '::1:7700',
    '[::1]',
    '[127.0.0.1]:80',
    'localhost:80',
  ])('refuses %p', (text) => {
    expect(parseListen(text)).toBeNull();
  });

  test.each([
    ['127.0.0.1:7700', 'http://127.0.0.1:7700'],
    ['0.0.0.0:7700', 'http://127.0.0.1:7700'],
    ['[::]:7700', 'http://[::1]:7700'],
    ['[fd00::2]:7700', 'http://[fd00::2]:7700'],
  ])('%s is reached at %s', (text, url) => {
    expect(urlOf(listen(text))).toBe(url);
  });
});

/** As a proxy device has it: `tcp:127.0.0.1:80-81`. */
const binding = (text: string): Binding => {
  const parsed = parseProxyListen(text);
  if (!parsed) throw new Error(`not a binding: ${text}`);
  return parsed;
};

const anyBinding: fc.Arbitrary<Binding> = fc.oneof(
  fc.string().map((rest): Binding => ({ protocol: 'unix', path: `/${rest}` })),
  fc
    .tuple(
      fc.constantFrom('tcp' as const, 'udp' as const),
      fc.constantFrom('127.0.0.1', '0.0.0.0', '[::]', '[::1]', '[fd00::2]'),
      fc.integer({ min: 1, max: 65535 }),
      fc.integer({ min: 0, max: 9 }),
    )
    .map(([protocol, ip, port, more]) =>
      binding(`${protocol}:${ip}:${port}-${Math.min(port + more, 65535)}`),
    ),
);

describe('bindings', () => {
  test.each([
    ['tcp:127.0.0.1:7700', '127.0.0.1:7700'],
    ['tcp:[::1]:7700-7709', '[::1]:7700-7709'],
    ['udp:0.0.0.0:53', '0.0.0.0:53/udp'],
    ['udp:0.0.0.0:53-54', '0.0.0.0:53-54/udp'],
    ['unix:/run/web.sock', 'unix:/run/web.sock'],
  ])('%s is shown as %s', (text, shown) => {
    expect(formatBinding(binding(text))).toBe(shown);
    expect(proxyListen(binding(text))).toBe(text);
  });

  test('are read back as they were written to Incus, and shown differently when they differ', () => {
    fc.assert(
      fc.property(anyBinding, anyBinding, (a, b) => {
        expect(parseProxyListen(proxyListen(a))).toEqual(a);
        expect(formatBinding(a) === formatBinding(b)).toBe(proxyListen(a) === proxyListen(b));
      }),
    );
  });

  test('of one tcp address are what it listens on', () => {
    expect(bindingOf(listen('[::1]:80'))).toEqual(binding('tcp:[::1]:80'));
  });

  test.each([
    ['tcp:127.0.0.1:80', 'tcp:127.0.0.1:80', true],
    ['tcp:127.0.0.1:80', 'tcp:127.0.0.1:81', false],
    ['tcp:127.0.0.1:80', 'tcp:127.0.0.2:80', false],
    ['tcp:0.0.0.0:80', 'tcp:127.0.0.1:80', true],
    ['tcp:0.0.0.0:80', 'tcp:[::1]:80', true],
    ['tcp:[::]:80', 'tcp:[::1]:80', true],
    ['tcp:[::]:80', 'tcp:127.0.0.1:80', true],
    ['tcp:[::]:80', 'tcp:0.0.0.0:80', true],
    ['tcp:[::ffff:127.0.0.1]:80', 'tcp:127.0.0.1:80', true],
    ['tcp:[::ffff:127.0.0.1]:80', 'tcp:[::1]:80', false],
    ['tcp:[::]:80', 'tcp:[::]:81', false],
    ['tcp:127.0.0.1:80-90', 'tcp:127.0.0.1:90-99', true],
    ['tcp:127.0.0.1:80-90', 'tcp:0.0.0.0:85', true],
    ['tcp:127.0.0.1:80-90', 'tcp:127.0.0.1:91-99', false],
    ['tcp:127.0.0.1:53', 'udp:127.0.0.1:53', false],
    ['udp:0.0.0.0:53', 'udp:127.0.0.1:53', true],
    ['unix:/run/a', 'unix:/run/a', true],
    ['unix:/run/a', 'unix:/run/b', false],
    ['unix:/run/a', 'tcp:0.0.0.0:80', false],
  ])('%s and %s overlap: %p', (a, b, expected) => {
    expect(overlaps(binding(a), binding(b))).toBe(expected);
    expect(overlaps(binding(b), binding(a))).toBe(expected);
  });

  test('overlap wherever they open a socket in common', () => {
    fc.assert(
      fc.property(anyBinding, anyBinding, (a, b) => {
        const common = socketsOf(a).some((socket) => socketsOf(b).includes(socket));
        if (common) expect(overlaps(a, b)).toBe(true);
        expect(overlaps(a, a)).toBe(true);
      }),
    );
  });

  test.each([
    ['tcp:127.0.0.1:80-81', ['tcp 127.0.0.1 80', 'tcp 127.0.0.1 81']],
    ['tcp:0.0.0.0:80', ['tcp :: 80']],
    ['udp:[::1]:53', ['udp ::1 53']],
    ['unix:/run/a b', ['unix /run/a b']],
  ])('%s opens %j', (text, sockets) => {
    expect(socketsOf(binding(text))).toEqual(sockets);
  });
});

describe('proxy devices', () => {
  test.each([
    ['tcp::8080', 'tcp:[::]:8080'],
    ['tcp:127.0.0.1:80-80', 'tcp:127.0.0.1:80'],
    ['tcp:[0::1]:80', 'tcp:[::1]:80'],
  ])('%s means %s', (text, expected) => {
    expect(proxyListen(binding(text))).toBe(expected);
  });

  test.each([
    'tcp:127.0.0.1:80,81',
    'tcp:127.0.0.1:81-80',
    'tcp:localhost:80',
    'tcp:127.0.0.1',
    'tcp:',
    'TCP:127.0.0.1:80',
    'unix:@abstract',
    'unix:relative',
    '',
  ])('%p is nothing that pets would write', (text) => {
    expect(parseProxyListen(text)).toBeNull();
  });

  test('ranges and lists', () => {
    expect(parseProxyPorts('udp:0.0.0.0:53,60-62')).toEqual({
      protocol: 'udp',
      address: '0.0.0.0',
      ports: [
        [53, 53],
        [60, 62],
      ],
    });
    for (const bad of [
      'tcp:0.0.0.0:9-8',
      'tcp:0.0.0.0:1,',
      'tcp:0.0.0.0:1-2-3',
      'tcp:0.0.0.0:a',
      'unix:@x',
    ]) {
      expect(parseProxyPorts(bad)).toBeNull();
    }
  });
});
