import { expect, test } from '@jest/globals';
import { asTyped, typedFor } from '../../src/runtime/typed.js';
import { DEPLOYED } from '../../src/domain/labels.js';
import { EXIT, ProblemError } from '../../src/domain/problem.js';

const CONTEXT = { env: {}, freeVerbs: new Set(['deploy']) };

test.each([
  ['run `pets up web` again', 'run `pets up --deployed web` again'],
  ['`pets volume rm web/data` deletes it', '`pets volume rm --deployed web/data` deletes it'],
  ['`pets up` makes them, `pets ps` shows', '`pets up --deployed` makes them, `pets ps --deployed` shows'],
  ["look inside: `pets logs web -u '*'`", "look inside: `pets logs --deployed web -u '*'`"],
  ['`pets up --deployed` does that', '`pets up --deployed` does that'],
  ['`pets deploy ./web web --port 80`', '`pets deploy ./web web --port 80`'],
  ['`pets adopt web` takes it over', '`pets adopt web` takes it over'],
  ['pets up web, in plain words', 'pets up web, in plain words'],
])('%s, of what was deployed: %s', (text, expected) => {
  expect(typedFor({ file: DEPLOYED }, CONTEXT)(text)).toBe(expected);
  expect(typedFor({ deployed: true }, CONTEXT)(text)).toBe(expected);
});

test.each([
  [undefined, {}, '`pets up web`'],
  ['box.toml', {}, '`pets up --file box.toml web`'],
  ["my box's.toml", {}, "`pets up --file 'my box'\\''s.toml' web`"],
  ['box.toml', { PETS_FILE: 'box.toml' }, '`pets up web`'],
])('by the manifest %j, with %j: %s', (file, env, expected) => {
  expect(typedFor(file === undefined ? {} : { file }, { ...CONTEXT, env })('`pets up web`')).toBe(expected);
});

test('an error keeps its code and its place', () => {
  const place = { file: 'pets.toml', line: 1, column: 1 };
  const error = new ProblemError(
    { code: 'app-not-made', message: 'no', place, hint: '`pets ps` shows' },
    EXIT.usage,
  );
  expect(asTyped(error, typedFor({ deployed: true }, CONTEXT))).toMatchObject({
    exitCode: EXIT.usage,
    problems: [{ code: 'app-not-made', message: 'no', place, hint: '`pets ps --deployed` shows' }],
  });
});
