import { describe, expect, test } from '@jest/globals';
import type { Problem } from '../../src/domain/problem.js';
import { claim, planned, type World } from './worlds.js';

/** Where, what, and what to do. */
function problems(world: World): string[] {
  return planned(world).problems.map(printProblem);
}

function printProblem({ path = [], message, hint = '-' }: Problem): string {
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

describe('a port that a new app gets from an Incus profile', () => {
  const inherited = { web: ['9000'] };
  const HINT = 'take that proxy out of the profile, or name others: `incus.profiles` of `web`';
  const taken = (holder: string) => [
    `apps.web: 127.0.0.1:9000 is taken, which \`web\` gets from an Incus profile: ${holder} | ${HINT}`,
  ];

  test('is no problem where nobody has it', () => {
    expect(problems({ want: ['web 80'], inherited })).toEqual([]);
    expect(problems({ want: ['web 80'], inherited, claims: [claim('10.0.0.5:9000', 'nginx')] })).toEqual([]);
  });

  test('is one where somebody has it: another instance, a process, an app, itself', () => {
    const claims = [claim('9000', 'the Incus instance `vm`', false)];
    expect(problems({ want: ['web 80'], inherited, claims })).toEqual(
      taken('the Incus instance `vm` declares it'),
    );
    expect(
      problems({ want: ['web 80'], inherited, claims: [claim('0.0.0.0:9000', 'process 7 (nginx)')] }),
    ).toEqual(taken('process 7 (nginx)'));
    expect(problems({ want: ['api 9000', 'web 80'], have: ['api 9000'], inherited })).toEqual(
      taken('app `api` is there'),
    );
    expect(problems({ want: ['web 9000'], inherited })).toEqual(taken('its own exposure is there'));
  });

  test('is one where two new apps get it; the profiles that the manifest names are pointed at', () => {
    const both = { api: ['9000'], web: ['9000'] };
    expect(problems({ want: ['api 81', 'web 80'], inherited: both })).toEqual(taken('`api` gets it too'));
    expect(problems({ want: ['constructor 81', 'web 80'], inherited })).toEqual([]);
    expect(problems({ want: ['api 81', 'web 80 profiles=default,gpu'], inherited: both })).toEqual([
      expect.stringMatching(/^apps\.web\.incus\.profiles: 127\.0\.0\.1:9000 is taken/),
    ]);
  });
});

test('an instance that is not ours is never touched', () => {
  const strangers = { web: 'was made by incus-pet' };
  expect(problems({ want: ['web 80'], strangers })).toEqual([
    "apps.web: the name `web` is taken by an Incus instance that was made by incus-pet | rename the app; pets never changes an instance that does not bear its project's mark; `pets adopt` hands one over",
  ]);
  expect(problems({ want: ['constructor 80', 'api 81'], strangers })).toEqual([]);
});

test('a name that another app was to have waits until that is taken back', () => {
  const world: World = { want: ['new', 'old'], have: ['old - becoming=new'], volumes: ['new/data'] };
  const claimed =
    'apps.new: `old` was to become `new`, and that was cut short | pets up old takes it back; then `new` can be made';
  expect(problems(world)).toEqual([claimed]);
  expect(problems({ ...world, only: ['new'] })).toEqual([claimed]);
  expect(problems({ ...world, only: ['old'] })).toEqual([]);
  expect(problems({ ...world, have: ['old - becoming=new', 'new'] })).toEqual([]);
  expect(problems({ want: ['new'], have: ['old - becoming=new'] })).toEqual([]);
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

describe('further exposures', () => {
  test('udp and tcp are not in each other’s way', () => {
    const claims = [claim('127.0.0.1:80/udp', 'dnsmasq'), claim('127.0.0.1:53', 'dnsmasq')];
    expect(problems({ want: ['web 80 publish=53/udp>53'], claims })).toEqual([]);
  });

  test('a range is taken when one of its ports is', () => {
    const claims = [claim('0.0.0.0:6005', 'process 7 (Xvnc)')];
    expect(problems({ want: ['web - publish=5999>1,6000-6010>6000-6010'], claims })).toEqual([
      'apps.web.publish.1.port: 127.0.0.1:6000-6010 is taken: process 7 (Xvnc) | choose another port for `web`, or free that one',
    ]);
  });

  test('a socket file that somebody listens on', () => {
    const claims = [claim('unix:/run/web.sock', 'process 7 (nginx)')];
    expect(problems({ want: ['web 80 publish=unix:/run/web.sock>8080'], claims })).toEqual([
      'apps.web.publish.0.socket: unix:/run/web.sock is taken: process 7 (nginx) | choose another path for `web`',
    ]);
  });

  test('an address that this host does not have', () => {
    expect(problems({ want: ['web - publish=10.9.9.9:53/udp>53'] })).toMatchObject([
      expect.stringMatching(/^apps\.web\.publish\.0\.listen: 10\.9\.9\.9 is not an address of this host/),
    ]);
  });
});

test('what the host lacks for an app forbids everything', () => {
  expect(problems({ want: ['a - problem=no-such-folder', 'b 80'], have: ['b 81'] })).toEqual([
    ': no-such-folder | -',
  ]);
});

test('a shared store that cannot work here', () => {
  const world = { want: ['a - store=shared', 'b'], unshareable: 'the kernel is too old' };
  expect(problems(world)).toEqual([
    'apps.a.store: the shared store cannot work here: the kernel is too old | store = "copy" gives the app a store of its own',
  ]);
});

describe('an image that Incus does not have', () => {
  const missingImages = ['nixos'];
  const missing = [
    'apps.web.image: Incus has no image `nixos`, which a store of its own begins with | incus image copy images:nixos local: --alias nixos',
  ];

  test('stops an app that is to be made from it, before anything is touched', () => {
    expect(problems({ want: ['web - store=copy'], missingImages })).toEqual(missing);
    expect(problems({ want: ['web'], unshareable: 'the kernel is too old', missingImages })).toEqual(missing);
    expect(problems({ want: ['web - store=copy'], have: ['web'], recreate: true, missingImages })).toEqual(
      missing,
    );
  });

  test('is no matter to one that needs none', () => {
    expect(problems({ want: ['web'], missingImages })).toEqual([]);
    expect(problems({ want: ['web - store=copy'], have: ['web - store=copy'], missingImages })).toEqual([]);
    // Held: it is not made.
    expect(problems({ want: ['web - store=copy'], have: ['web'], missingImages })).toEqual([]);
    expect(problems({ want: ['web - store=copy'], missingImages: ['other'] })).toEqual([]);
  });
});

describe('an app that another comes after', () => {
  const want = ['db', 'web - after=db'];
  const missing = [
    'apps.web.after: `web` comes after `db`, which does not run | bring up both: pets up db web',
  ];

  test.each([
    ['is not there', [], missing],
    ['does not run', ['db - status=Stopped'], missing],
    ['runs', ['db'], []],
  ])('and that is not selected: it %s', (_, have, expected) => {
    expect(problems({ want, have, only: ['web'] })).toEqual(expected);
  });

  test('and that is brought up as well', () => {
    expect(problems({ want })).toEqual([]);
    expect(problems({ want, have: ['db - status=Stopped'] })).toEqual([]);
  });
});

describe('an app with another name', () => {
  test('must not have volumes under both', () => {
    const have = ['old - volumes=data:/x,more:/y'];
    expect(problems({ want: ['new - was=old'], have, volumes: ['new/data', 'new/other'] })).toEqual([
      'apps.new.was: both `old` and `new` have a volume `data` | look at both (`pets volume ls`); `pets volume rm` deletes the one that is not wanted',
    ]);
  });

  test('takes its port along, and leaves nothing to anybody else while it is not selected', () => {
    expect(problems({ want: ['new 80 was=old'], have: ['old 80'] })).toEqual([]);
    expect(problems({ want: ['new 80 was=old', 'web 80'], have: ['old 80'], only: ['web'] })).toMatchObject([
      expect.stringContaining('127.0.0.1:80 is taken: app `new`'),
    ]);
  });

  test('is not the one that still has the old name beside it', () => {
    expect(problems({ want: ['new 80 was=old'], have: ['new 81', 'old 80'] })).toMatchObject([
      expect.stringContaining('127.0.0.1:80 is taken: `old`, which is no longer in the manifest'),
    ]);
  });
});
