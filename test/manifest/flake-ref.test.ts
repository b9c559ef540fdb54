import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseFlakeRef } from '../../src/manifest/flake-ref.js';
import { examples } from '../sample.js';

const DIR = '/srv/home lab';

function shown(written: string): string {
  const ref = parseFlakeRef(written, DIR);
  if ('problem' in ref)
    return `${ref.problem.message}${ref.problem.hint === undefined ? '' : ` (${ref.problem.hint})`}`;
  expect(ref.written).toBe(written);
  return [ref.url, ref.attribute.replace('nixosModules.incus', '*'), ref.directory].filter(Boolean).join(' ');
}

const FORMS = 'github:owner/repo, git+https://host/repo, or ./folder';

describe('remote', () => {
  test.each([
    ['github:srid/anywhen', 'github:srid/anywhen *'],
    [
      'github:srid/anywhen/main?dir=nix#nixosConfigurations.web',
      'github:srid/anywhen/main?dir=nix nixosConfigurations.web',
    ],
    ['github:a/b/feature/x', 'github:a/b/feature/x *'],
    ['github:a/b#', 'github:a/b *'],
    ['gitlab:group%2Fsub/repo', 'gitlab:group%2Fsub/repo *'],
    ['sourcehut:~user/repo', 'sourcehut:~user/repo *'],
    ['git+https://host/repo.git?ref=main', 'git+https://host/repo.git?ref=main *'],
    ['git+https://[::1]:8443/repo', 'git+https://[::1]:8443/repo *'],
    ['git+ssh://git@host/repo', 'git+ssh://git@host/repo *'],
    ['tarball+https://host/x', 'tarball+https://host/x *'],
    ['tarball+file:///x.tar', 'tarball+file:///x.tar *'],
    ['https://host/x.tar.gz?token=1', 'https://host/x.tar.gz?token=1 *'],
    ['nixpkgs', 'nixpkgs *'],
    ['nixpkgs/nixos-25.11', 'nixpkgs/nixos-25.11 *'],
    ['flake:nixpkgs', 'flake:nixpkgs *'],
  ])('%s', (written, expected) => {
    expect(shown(written)).toBe(expected);
  });
});

describe('local', () => {
  test.each([
    ['.', 'path:/srv/home%20lab * /srv/home lab'],
    ['..', 'path:/srv * /srv'],
    ['./web', 'path:/srv/home%20lab/web * /srv/home lab/web'],
    ['./web/../db/.', 'path:/srv/home%20lab/db * /srv/home lab/db'],
    ['../../../../x', 'path:/x * /x'],
    ['/abs/web/#a.b', 'path:/abs/web a.b /abs/web'],
    [
      './mono?dir=web',
      'a folder takes no "?dir=web" (name the flake’s own folder (./repo/sub), or write git+file:./repo?dir=sub)',
    ],
    ['./50%20x', 'path:/srv/home%20lab/50%2520x * /srv/home lab/50%20x'],
    ['./é', 'path:/srv/home%20lab/%C3%A9 * /srv/home lab/é'],
    ['path:/abs', 'path:/abs * /abs'],
    ['path:./rel', 'path:/srv/home%20lab/rel * /srv/home lab/rel'],
    ['path:rel%20x', 'path:/srv/home%20lab/rel%20x * /srv/home lab/rel x'],
    ['git+file:///abs/repo?dir=x', 'git+file:///abs/repo?dir=x * /abs/repo'],
    ['git+file:/abs', 'git+file:///abs * /abs'],
    ['git+file:./rel#"a.b".c', 'git+file:///srv/home%20lab/rel "a.b".c /srv/home lab/rel'],
  ])('%s', (written, expected) => {
    expect(shown(written)).toBe(expected);
  });

  test('a folder may be called anything', () => {
    expect(parseFlakeRef('./x', '/srv/a#b?c/[d]')).toMatchObject({
      url: 'path:/srv/a%23b%3Fc/%5Bd%5D/x',
      directory: '/srv/a#b?c/[d]/x',
    });
  });

  test('the same folder has one URL however it is written', () => {
    const urls = [
      './web',
      'path:./web',
      '../home lab/web'.replace(' ', '%20'),
      'path:/srv/home%20lab/web/',
    ].map((written) => {
      const ref = parseFlakeRef(written.startsWith('..') ? `path:${written}` : written, DIR);
      return 'problem' in ref ? ref.problem.message : ref.url;
    });
    expect(new Set(urls)).toEqual(new Set(['path:/srv/home%20lab/web']));
  });
});

describe('refused', () => {
  test.each([
    ['', `the flake reference is empty (${FORMS})`],
    ['#x', `the flake reference is empty (${FORMS})`],
    ['a b', 'a flake reference has no spaces or control characters, got "a b"'],
    [
      'path:/srv/a b',
      'a flake reference has no spaces or control characters, got "path:/srv/a b" (in a URL a space is %20: "path:/srv/a%20b")',
    ],
    [
      'git+file:./a b c',
      'a flake reference has no spaces or control characters, got "git+file:./a b c" (in a URL a space is %20: "git+file:./a%20b%20c")',
    ],
    ['path:/a b\n', 'a flake reference has no spaces or control characters, got "path:/a b\\n"'],
    ['github:a/b\n', 'a flake reference has no spaces or control characters, got "github:a/b\\n"'],
    ['./\u0007', 'a flake reference has no control characters, got "./\\u0007"'],
    ['./\u009b', 'a flake reference has no control characters, got "./\\u009b"'],
    ['~/web', '`~` is not expanded, got "~/web" (write ./folder or an absolute path)'],
    ['gihub:a/b', 'unknown scheme `gihub:` (did you mean `github:`?)'],
    ['GitHub:a/b', 'unknown scheme `GitHub:` (did you mean `github:`?)'],
    ['git+http2://a/b', 'unknown scheme `git+http2:` (did you mean `git+https:`?)'],
    ['constructor:x', `unknown scheme \`constructor:\` (${FORMS})`],
    ['github:a', 'expected `github:owner/repo`, got "github:a"'],
    ['github:/b', 'expected `github:owner/repo`, got "github:/b"'],
    ['github:a/b/', 'expected `github:owner/repo`, got "github:a/b/"'],
    ['github:a//b', 'expected `github:owner/repo`, got "github:a//b"'],
    ['gitlab:?x=1', 'expected `gitlab:owner/repo`, got "gitlab:?x=1"'],
    ['github:é/b', 'not a URL: "github:é/b"'],
    ['git+https://host', 'expected `git+https://host/path`, got "git+https://host"'],
    ['git+https:host/x', 'expected `git+https://host/path`, got "git+https:host/x"'],
    [
      'git@github.com:a/b.git',
      'not a flake reference: "git@github.com:a/b.git" (git+ssh://git@github.com/a/b.git)',
    ],
    [
      'https://github.com/a/b',
      '"https://github.com/a/b" is neither an archive nor a flake (did you mean `github:a/b`?)',
    ],
    [
      'https://host/x',
      '"https://host/x" is neither an archive nor a flake (git+https://host/x for a git repository)',
    ],
    [
      'git+file://rel/x',
      'expected `git+file:///absolute/path`, got "git+file://rel/x" (git+file:./folder for a relative path)',
    ],
    ['path:', 'expected a path after `path:`, got "path:"'],
    ['path:%zz', 'expected a path after `path:`, got "path:%zz"'],
    ['path:a%00b', 'expected a path after `path:`, got "path:a%00b"'],
    ['web/', `not a flake reference: "web/" (./web/ for a folder, else ${FORMS})`],
    ['.#a..b', '"a..b" after `#` is no attribute path (a path of attributes such as nixosModules.incus)'],
    ['.#a;b', '"a;b" after `#` is no attribute path (a path of attributes such as nixosModules.incus)'],
    [
      '.#"${x}"',
      '"\\"${x}\\"" after `#` is no attribute path (a path of attributes such as nixosModules.incus)',
    ],
    [
      'git+https://me:secret@host/x',
      'a flake reference must not hold a password (it would be copied into pets.lock; use netrc-file or access-tokens in nix.conf)',
    ],
  ])('%j', (written, expected) => {
    expect(shown(written)).toBe(expected);
  });

  test('nixpkgs has no attribute', () => {
    expect(parseFlakeRef('nixpkgs', DIR, 'nixpkgs')).toEqual({
      written: 'nixpkgs',
      url: 'nixpkgs',
      attribute: '',
    });
    expect(parseFlakeRef('nixpkgs#hello', DIR, 'nixpkgs')).toEqual({
      problem: { code: 'reference-invalid', message: 'nixpkgs takes no attribute after `#`' },
    });
  });

  test('any text is a ref or a problem; a URL is one word of plain characters', () => {
    const prefix = fc.constantFrom('', './', '/', 'path:', 'git+file:', 'github:', 'https:', 'git+https://');
    fc.assert(
      fc.property(prefix, fc.string({ unit: 'binary' }), (scheme, rest) => {
        const ref = parseFlakeRef(`${scheme}${rest}`, DIR);
        if ('problem' in ref) expect(ref.problem.message).not.toBe('');
        else expect(ref.url).toMatch(/^[!-~]+$/);
      }),
      examples(500),
    );
  });
});
