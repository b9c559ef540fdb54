import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatListen,
  overlaps,
  parseIp,
  parseListen,
  parsePort,
  parseProxyAddress,
  parseProxyPorts,
  proxyAddress,
  urlOf,
} from '../src/listen.js';
import type { Listen } from '../src/model.js';

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
        expect(parseProxyAddress(proxyAddress(one))).toEqual(one);
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
    ['127.0.0.1:80', '127.0.0.1:80', true],
    ['127.0.0.1:80', '127.0.0.1:81', false],
    ['127.0.0.1:80', '127.0.0.2:80', false],
    ['0.0.0.0:80', '127.0.0.1:80', true],
    ['0.0.0.0:80', '[::1]:80', true],
    ['[::]:80', '[::1]:80', true],
    ['[::]:80', '127.0.0.1:80', true],
    ['[::]:80', '0.0.0.0:80', true],
    ['[::ffff:127.0.0.1]:80', '127.0.0.1:80', true],
    ['[::ffff:127.0.0.1]:80', '[::1]:80', false],
    ['[::]:80', '[::]:81', false],
  ])('%s and %s overlap: %p', (a, b, expected) => {
    expect(overlaps(listen(a), listen(b))).toBe(expected);
    expect(overlaps(listen(b), listen(a))).toBe(expected);
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

describe('proxy devices', () => {
  test.each([
    ['tcp:127.0.0.1:7700', '127.0.0.1:7700'],
    ['tcp:[::1]:7700', '[::1]:7700'],
    ['tcp::8080', '[::]:8080'],
    ['tcp:127.0.0.1:80-80', '127.0.0.1:80'],
  ])('%s is %s', (text, expected) => {
    expect(parseProxyAddress(text)).toEqual(listen(expected));
  });

  test.each([
    'udp:127.0.0.1:53',
    'unix:/run/x.sock',
    'tcp:127.0.0.1:80-82',
    'tcp:127.0.0.1:80,81',
    'tcp:localhost:80',
    'tcp:127.0.0.1',
    'tcp:',
    'TCP:127.0.0.1:80',
    '',
  ])('%p is not one tcp address', (text) => {
    expect(parseProxyAddress(text)).toBeNull();
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
