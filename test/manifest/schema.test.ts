import { expect, test } from '@jest/globals';
import { documentedTables } from '../../src/manifest/documented.js';
import { suggest } from '../../src/lib/closest-match.js';
import { manifestOf, problemsIn } from './reading.js';

test('every key has a meaning, says what a change interrupts, and has an example that is valid', () => {
  for (const { header, keys } of documentedTables()) {
    for (const { key, meaning, interrupts, default: fallback, example } of keys) {
      expect([key, meaning, interrupts, fallback]).toEqual([
        key,
        ...Array<unknown>(3).fill(expect.stringMatching(/./)),
      ]);
      if (header === '') continue;
      const isSource = header === '[apps.web]' && ['flake-ref', 'config', 'toplevel'].includes(key);
      const source = header === '[defaults]' || isSource ? '' : 'flake-ref = "."\n';
      const needed: Readonly<Record<string, string>> = {
        size: 'path = "/x"\n',
        to: 'port = "1-11"\n',
        protocol: 'port = 1\n',
        listen: 'port = 1\n',
        mode: 'socket = "/s"\n',
      };
      const secret: Readonly<Record<string, string>> = {
        sops: 'key = "a"\n',
        key: 'sops = "a"\n',
        length: 'generate = true\n',
        mode: 'env = "A"\n',
        owner: 'env = "A"\n',
      };
      const check: Readonly<Record<string, string>> = {
        ...{ status: 'path = "/"\n', host: 'path = "/"\n', port: 'tcp = true\n' },
        ...{ timeout: 'tcp = true\n', interval: 'tcp = true\n', successes: 'tcp = true\n' },
      };
      const others = /health/.test(header)
        ? check
        : /secrets/.test(header)
          ? secret
          : /publish|volumes/.test(header)
            ? needed
            : {};
      const auto =
        header === '[apps.web.update]' && key !== 'auto'
          ? 'auto = true\n'
          : header.endsWith('.rehearse]')
            ? '[apps.web.update]\nauto = true\n'
            : '';
      const told = header === '[notify]' && key !== 'url' ? 'url = "https://ntfy.example/pets"\n' : '';
      const beside = others[key] ?? told;
      const db = key === 'after' ? '[apps.db]\nflake-ref = "."\n' : '';
      const app =
        header.startsWith('[apps.web]') || header === '[defaults]' ? '' : '[apps.web]\nflake-ref = "."\n';
      const own = header === '[apps.web]' ? source : '';
      expect(
        problemsIn(
          `project = "x"\n${db}${app}${header}\n${own}${beside}${auto.startsWith('[') ? '' : auto}${example}\n${auto.startsWith('[') ? auto : ''}\n`,
        ),
      ).toBe('ok');
    }
  }
});

test('the default of a key is the value it has when it is not written', () => {
  const [app] = manifestOf('project = "x"\n[apps.web]\nflake-ref = "."\n').apps;
  const defaults = documentedTables().find(({ header }) => header === '[defaults]');
  const written = (defaults?.keys ?? []).filter(
    ({ default: fallback }) => fallback.startsWith('`"') || /^`\d/.test(fallback),
  );
  expect(written.map(({ key }) => key)).toEqual([
    'listen',
    'nixpkgs',
    'stop-timeout',
    'keep',
    'activation',
    'image',
  ]);
  const lines = written.map(({ key, default: fallback }) => `${key} = ${fallback.replaceAll('`', '')}`);
  const spelled = manifestOf(`project = "x"\n[apps.web]\nflake-ref = "."\n${lines.join('\n')}\n`).apps[0];
  expect(spelled).toEqual(app);
});

test.each([
  ['prot', 'port'],
  ['ports', 'port'],
  ['flake_ref', 'flake-ref'],
  ['flakeRef', 'flake-ref'],
  ['flake', null],
  ['Listen', 'listen'],
  ['nixpkg', 'nixpkgs'],
  ['volumes', null],
  ['', null],
  ['x'.repeat(100_000), null],
])('suggest: %.20s → %s', (word, expected) => {
  expect(suggest(word, ['flake-ref', 'port', 'listen', 'nixpkgs'])).toBe(expected);
});
