import { describe, expect, test } from '@jest/globals';
import { Sharing, verdictOf, type Trials, type ShareVerdict } from '../../../src/incus/client/sharing.js';
import { begun, daemon, ended, failed, shown } from '../daemon.js';

const LXC_WITHOUT_INIT =
  'lxc pets-trial-1 20261126170436.826 ERROR    start - ../src/lxc/start.c:start:2197 - No such file or directory - Failed to exec "/nix/store/pets-trial"\n' +
  'lxc pets-trial-1 20261126170436.829 ERROR    sync - ../src/lxc/sync.c:sync_wait:34 - An error occurred in another process (expected sequence number 7)\n';
const FORKSTART =
  'Failed to run: /usr/libexec/incus/incusd forkstart pets-trial-1 /var/lib/incus: exit status 1';
const REFUSED =
  'Failed to setup device mount "store": idmapping abilities are required but aren\'t supported on system';

const server = (kernel_features?: object, server_version = '7.0.2') =>
  shown({ environment: { server_version, kernel_version: '5.4', kernel_features } });
const root = { devices: { root: { type: 'disk', path: '/', pool: 'default' } } };

function kept(): Trials & { readonly all: Map<string, ShareVerdict> } {
  const all = new Map<string, ShareVerdict>();
  return { all, get: (key) => all.get(key), keep: (key, verdict) => all.set(key, verdict) };
}

/** A daemon whose start of the throwaway container ends like this. */
function failing({ words = FORKSTART, log = LXC_WITHOUT_INIT, features = {}, version = '7.0.2' }) {
  const trials = kept();
  // What could not start reads as running for a moment.
  let looks = 0;
  const posted: object[] = [];
  const over = daemon(
    {
      'GET /1.0': () => server(features, version),
      'GET /1.0/profiles/default': () => shown(root),
      'GET /1.0/instances': () => shown([]),
      'GET /1.0/operations': () => shown({}),
      'POST /1.0/instances': () => begun('create'),
      'GET /1.0/operations/create/wait': () => ended(),
      'PUT /1.0/instances/*/state': () => begun('start'),
      'GET /1.0/operations/start/wait': () => shown({ status_code: 400, status: 'Failure', err: words }),
      'GET /1.0/instances/*/logs/lxc.log': () =>
        log === '' ? failed('no such file', 404) : { status: 200, headers: {}, body: log },
      'DELETE /1.0/instances/*': () => (looks++ === 0 ? failed('Instance is running', 400) : begun('delete')),
      'GET /1.0/operations/delete/wait': () => ended(),
      'GET /1.0/instances/*': () => (looks < 2 ? shown({ status: 'Running' }) : failed('not found', 404)),
    },
    { posted },
  );
  return { ...over, trials, posted, sharing: new Sharing(over.rest, trials) };
}

describe('whether the store can be shared', () => {
  test.each([
    ['true', null],
    ['false', "the host's kernel (5.4) gives Incus no idmapped mounts"],
  ])('where nobody has tried, the daemon’s word (%s) is believed', async (idmapped_mounts, expected) => {
    const { sharing, asked } = failing({ features: { idmapped_mounts } });
    expect(await sharing.unshareable()).toBe(expected);
    expect(asked.every((request) => request.startsWith('GET '))).toBe(true);
  });

  test('a daemon that says nothing of its kernel is no reason against it', async () => {
    expect(await failing({ features: {} }).sharing.unshareable()).toBeNull();
  });

  test('it is found out by doing it, once; a container that misses its init had the store', async () => {
    const { sharing, asked, trials, posted } = failing({ features: { idmapped_mounts: 'false' } });
    expect(await sharing.try()).toBe(true);
    expect([...trials.all.values()]).toEqual([null]);
    expect(await sharing.unshareable()).toBeNull();
    expect(await sharing.try()).toBe(false);
    expect(asked.filter((request) => request === 'POST /1.0/instances')).toHaveLength(1);
    expect(asked.filter((request) => request.startsWith('DELETE '))).toHaveLength(2);
    expect(posted[0]).toMatchObject({
      profiles: [],
      devices: {
        root: { pool: 'default' },
        store: { source: '/nix/store', shift: 'true', readonly: 'true' },
      },
    });
  });

  test('a daemon that refuses the mount: its words are the reason, whatever it says of its kernel', async () => {
    const { sharing } = failing({ words: REFUSED, log: '', features: { idmapped_mounts: 'true' } });
    await sharing.try();
    expect(await sharing.unshareable()).toBe(
      `the host's kernel (5.4) gives Incus no idmapped mounts (tried: ${REFUSED})`,
    );
  });

  test('a start that fails for something else shows nothing, and is not kept', async () => {
    const { sharing, trials } = failing({
      words: 'Failed preparing container for start: no space left',
      log: '',
    });
    expect(await sharing.try()).toBe(false);
    expect(trials.all.size).toBe(0);
    expect(await sharing.unshareable()).toBeNull();
  });

  test('another version of the daemon is tried again', async () => {
    const old = failing({ words: REFUSED, log: '' });
    await old.sharing.try();
    const newer = failing({ version: '7.0.3' });
    expect(await new Sharing(newer.rest, old.trials).try()).toBe(true);
    expect([...old.trials.all.values()]).toHaveLength(2);
  });
});

test.each([
  [REFUSED, [], REFUSED],
  [FORKSTART, ['Failed to exec "/nix/store/pets-trial": No such file or directory', 'then'], null],
  [
    FORKSTART,
    ['Failed to setup idmapped mount: Invalid argument'],
    'Failed to setup idmapped mount: Invalid argument',
  ],
  [
    FORKSTART,
    ['Failed to mount "/nix/store" onto "/nix/store": Permission denied'],
    'Failed to mount "/nix/store" onto "/nix/store": Permission denied',
  ],
  [FORKSTART, ['Failed to create cgroup'], undefined],
  [FORKSTART, [], undefined],
])('%s, with the log %j', (words, log, verdict) => {
  expect(verdictOf(words, log)).toBe(verdict);
});
