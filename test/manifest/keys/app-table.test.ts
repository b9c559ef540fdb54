import { describe, expect, test } from '@jest/globals';
import { appendTable, printTable, writtenAbsolutely } from '../../../src/manifest/keys/app-table.js';
import { parseFlakeRef } from '../../../src/manifest/flake-ref.js';
import { readManifest } from '../../../src/manifest/read.js';
import type { FlakeRef } from '../../../src/domain/manifest.js';

const table = {
  name: 'web',
  'flake-ref': './a "b"',
  port: 8080,
  listen: '::1',
  nixpkgs: null,
  store: null,
} as const;

describe('the table of an app', () => {
  test('has what is known, as TOML', () => {
    expect(printTable(table)).toBe('[apps.web]\nflake-ref = "./a \\"b\\""\nport = 8080\nlisten = "::1"\n');
  });

  test.each([
    ['a comment without a line end', 'project = "x"\n# end', '\n\n'],
    ['an end of line', 'project = "x"\n', '\n'],
    ['lines that end as on Windows', 'project = "x"\r\n# end', '\r\n\r\n'],
    ['another table', 'project = "x"\n[apps.a]\nflake-ref = "./a"\nnixos.a = [\n 1,\n]', '\n\n'],
  ])('stands behind %s, which stays byte for byte', (_, text, gap) => {
    const whole = appendTable(text, printTable(table));
    expect(whole.startsWith(`${text}${gap}[apps.web]`)).toBe(true);
    expect(whole.replaceAll('\r\n', '').includes('\n')).toBe(!text.includes('\r\n'));
    const read = readManifest(whole, { file: 'pets.toml', directory: '/x' });
    expect(read.ok && read.manifest.apps.find(({ name }) => name === 'web')?.port).toBe(8080);
  });
});

describe('a reference as it is understood from anywhere', () => {
  test.each([
    ['.', '/home/me'],
    ['./web', '/home/me/web'],
    ['./web#nixosModules.x', '/home/me/web#nixosModules.x'],
    ['path:./web', 'path:/home/me/web'],
    ['git+file:./web?ref=main', 'git+file:///home/me/web?ref=main'],
    ['github:o/r#a', 'github:o/r#a'],
  ])('%s', (written, absolute) => {
    const ref = parseFlakeRef(written, '/home/me') as FlakeRef;
    expect(writtenAbsolutely(ref)).toBe(absolute);
    const again = parseFlakeRef(absolute, '/elsewhere') as FlakeRef;
    expect({ ...again, written: '' }).toEqual({ ...ref, written: '' });
  });
});
