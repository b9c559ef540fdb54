import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from '../scripts/errors.js';
import { manPage } from '../scripts/man.js';
import { program } from '../scripts/program.js';
import { referencePage } from '../scripts/reference.js';
import { ROOT } from './support/places.js';

const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

test('docs/reference.md is what `npm run docs` makes of the commands', () => {
  expect(textOf('docs/reference.md')).toBe(referencePage(program));
});

test('docs/errors.md is what `npm run docs` makes of the codes', () => {
  expect(textOf('docs/errors.md')).toBe(errorsPage());
});

describe('docs/pets.1', () => {
  const page = textOf('docs/pets.1');

  test('is what `npm run docs` makes of the commands', () => {
    expect(page).toBe(manPage(program, textOf('docs/commands.md')));
  });

  test('has every command that the help shows, and none that it hides', () => {
    for (const command of program.createHelp().visibleCommands(program))
      expect(page).toMatch(new RegExp(`^\\.SS "pets ${command.name()}[ "]`, 'm'));
    expect(page).not.toContain('__complete');
  });

  test('is installed with the program', () => {
    expect((JSON.parse(textOf('package.json')) as { man: string[] }).man).toEqual(['docs/pets.1']);
  });

  test('has the exit codes of docs/commands.md', () => {
    for (const code of ['0', '69', '75']) expect(page).toContain(`.TP\n.B ${code}\n`);
    expect(() => manPage(program, 'nothing')).toThrow('no table');
  });

  test('no line begins with what roff would take for a request of its own', () => {
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    const known = /^\.(\\"|TH|SH|SS|TP|PP|B|BR|I|EX|EE)( |$)|^\.\\" /;
    expect(requests.filter((line) => !known.test(line))).toEqual([]);
  });
});
