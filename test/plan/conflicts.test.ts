import { describe, expect, test } from '@jest/globals';
import type { PlanProblem } from '../../src/model.js';
import { claim, planned, type World } from './worlds.js';

/** Where, what, and what to do. */
function problems(world: World): string[] {
  return planned(world).problems.map(printProblem);
}

function printProblem({ path = [], message, hint = '-' }: PlanProblem): string {
  return `${path.join('.')}: ${message} | ${hint}`;
}

const TAKEN =
  'apps.web.port: 127.0.0.1:80 is taken: process 7 (nginx) | choose another port for `web`, or free that one';

describe('a port that somebody else holds', () => {
  const nginx = claim('0.0.0.0:80', 'process 7 (nginx)');

  test.each([
    ['a new app', []],
    ['one that moves there', ['web 81']],
    ['a stopped one that would open it at its start', ['web 80 status=Stopped']],
    ['one whose forwarder died and must be revived', ['web 80 forwarder=dead']],
  ])('stops %s', (_, have) => {
    expect(problems({ want: ['web 80'], have, claims: [nginx] })).toEqual([TAKEN]);
  });

  test('is no matter to an app that has it open already, nor to one on another port', () => {
    expect(problems({ want: ['web 80', 'api 81'], have: ['web 80'], claims: [nginx] })).toEqual([]);
  });

  test('counts when it is only declared: the other one could not start again', () => {
    const claims = [claim('80', 'the Incus instance `vm`', false)];
    expect(problems({ want: ['web 80'], claims })).toEqual([
      'apps.web.port: 127.0.0.1:80 is taken: the Incus instance `vm` declares it | choose another port for `web`, or free that one',
    ]);
  });

  test.each([
    ['127.0.0.1:80', '10.0.0.5:80', 0],
    ['0.0.0.0:80', '10.0.0.5:80', 1],
    ['[::]:80', '10.0.0.5:80', 1],
    ['0.0.0.0:80', '[::1]:80', 1],
    ['127.0.0.1:80', '[::]:80', 1],
  ])('%s against %s: %d problems', (wanted, held, count) => {
    expect(problems({ want: [`web ${wanted}`], claims: [claim(held, 'sshd')] })).toHaveLength(count);
  });
});

test('an instance that is not ours is never touched', () => {
  const strangers = { web: 'was made by incus-pet' };
  expect(problems({ want: ['web 80'], strangers })).toEqual([
    "apps.web: the name `web` is taken by an Incus instance that was made by incus-pet | rename the app; pets never changes an instance that does not bear its project's mark",
  ]);
  expect(problems({ want: ['constructor 80', 'api 81'], strangers })).toEqual([]);
});

test('an address that this host does not have', () => {
  expect(problems({ want: ['web 100.64.0.9:80'] })).toEqual([
    "apps.web.listen: 100.64.0.9 is not an address of this host | it has 127.0.0.1, 10.0.0.5; a VPN's address is there only while the VPN is up",
  ]);
});

test.each(['10.0.0.5:80', '0.0.0.0:80', '[::]:80', '127.9.9.9:80'])('%s is there', (listen) => {
  expect(problems({ want: [`web ${listen}`] })).toEqual([]);
});

test('a source that cannot be read, of the app or of its nixpkgs', () => {
  expect(problems({ want: ['web 80 source=missing nixpkgs=missing'] })).toEqual([
    'apps.web.flake-ref: no such folder: /srv/x | -',
    'apps.web.nixpkgs: no such folder: /srv/x | -',
  ]);
});

test("an instance in Incus' status Error", () => {
  expect(problems({ want: ['web 80'], have: ['web 80 status=Error'] })).toEqual([
    "apps.web: Incus says the instance's status is Error | look at `incus info --show-log web`",
  ]);
});

test('everything at once, in the order of the manifest', () => {
  const world: World = {
    want: ['a 80 source=missing', 'b 10.9.9.9:81', 'c 82'],
    claims: [claim('82', 'sshd')],
    strangers: { a: 'does not bear any mark of pets' },
  };
  expect(planned(world).problems.map((p) => p.app)).toEqual(['a', 'a', 'b', 'c']);
});

test('apps that are not selected cause no problems', () => {
  expect(problems({ want: ['a 80', 'b 81 source=missing'], only: ['a'] })).toEqual([]);
});
