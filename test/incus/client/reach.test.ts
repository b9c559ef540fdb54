import { describe, expect, test } from '@jest/globals';
import { filesOf } from '../../../src/incus/client/files.js';
import type { Reply } from '../../../src/incus/client/http.js';
import { instancesOf } from '../../../src/incus/client/instances.js';
import { ManagedInstances } from '../../../src/incus/client/own.js';
import { powerOf } from '../../../src/incus/client/power.js';
import { noTrials, Sharing } from '../../../src/incus/client/sharing.js';
import { volumesOf } from '../../../src/incus/client/volumes.js';
import type { Volume } from '../../../src/domain/actual.js';
import { daemon, failed, operations, shown } from '../daemon.js';

const WEB = '/1.0/instances/web';
const POOL = '/1.0/storage-pools/default/volumes/custom';
const DATA = `${POOL}/p.web.data`;
const MARKS = { 'user.pets.project': 'p', 'user.pets.app': 'web' };
const data = { pool: 'default', name: 'p.web.data', app: 'web', volume: 'data' } as unknown as Volume;

/** What the daemon has; a request that it refuses changes it all the same, as `happens` says. */
type World = {
  status: string;
  config: Record<string, string>;
  devices: Record<string, object>;
  profiles: string[];
  isThere: boolean;
  isRenamed: boolean;
  volume: Record<string, string> | null;
  files: Record<string, { type: string; body: string }>;
};
type Happens = (world: World) => void;

const notFound = () => failed('not found', 404);

/** A daemon that refuses every request that changes something. */
function refusing(happens: Happens, over: Partial<World> = {}) {
  const world: World = {
    ...{ status: 'Stopped', config: {}, devices: { web: { type: 'proxy' } }, profiles: ['default'] },
    ...{ isThere: true, isRenamed: false, volume: { ...MARKS, 'user.pets.volume': 'data' }, files: {} },
    ...over,
  };
  const refuse = () => {
    happens(world);
    return failed('no such luck');
  };
  const instance = (app: string) =>
    shown({ ...world, config: { ...MARKS, ...world.config, 'user.pets.app': app }, description: '' });
  const volume = () => ({ name: 'p.web.data', config: world.volume, used_by: [], description: '' });
  const file = (): Reply => {
    const there = Object.values(world.files)[0];
    if (!there) return notFound();
    const owner = { 'x-incus-uid': '0', 'x-incus-gid': '0', 'x-incus-mode': '0400' };
    return { status: 200, headers: { 'x-incus-type': there.type, ...owner }, body: there.body };
  };
  const { rest, asked } = daemon({
    ...operations([]),
    [`GET ${WEB}`]: () => (world.isThere ? instance('web') : notFound()),
    [`GET ${WEB}/state`]: () => shown({ status: world.status }),
    'GET /1.0/instances/site': () => (world.isRenamed ? instance('site') : notFound()),
    'GET /1.0': () => shown({ environment: {} }),
    'GET /1.0/profiles/default': () =>
      shown({ devices: { root: { type: 'disk', path: '/', pool: 'default' } } }),
    'GET /1.0/storage-pools': () => shown([{ name: 'default', driver: 'zfs' }]),
    [`GET ${POOL}`]: () => shown(world.volume ? [volume()] : []),
    [`GET ${DATA}`]: () => (world.volume ? shown(volume()) : notFound()),
    [`GET ${WEB}/files`]: file,
    // Marks of a rename are taken.
    [`PATCH ${WEB}`]: () => (over.isRenamed === false ? shown(null) : refuse()),
    'PATCH /1.0/instances/site': () => shown(null),
    [`DELETE ${WEB}/files`]: () => (Object.keys(world.files).length === 0 ? notFound() : refuse()),
    ...Object.fromEntries(
      [
        ...[`PUT ${WEB}/state`, `POST ${WEB}`, `PUT ${WEB}`, `DELETE ${WEB}`, 'POST /1.0/instances'],
        ...[`POST ${POOL}`, `PATCH ${DATA}`, `DELETE ${DATA}`, `POST ${WEB}/files`],
      ].map((request) => [request, refuse] as const),
    ),
  });
  const own = new ManagedInstances(rest, 'p');
  const calls = {
    ...powerOf(rest, own),
    ...instancesOf(rest, own),
    ...volumesOf(rest, 'p', new Sharing(rest, noTrials)),
    ...filesOf(rest, own),
  };
  return { asked, ...calls };
}

type Calls = ReturnType<typeof refusing>;
type Row = readonly [
  what: string,
  ask: (calls: Calls) => Promise<unknown>,
  happens: Happens,
  over?: Partial<World>,
];

const proxy = { type: 'proxy', listen: 'tcp:127.0.0.1:80' };
const spec = { name: 'web', description: '', config: {}, devices: {}, profiles: null, image: null };

const ROWS: readonly Row[] = [
  ['a start', ({ start }) => start('web'), (w) => (w.status = 'Running')],
  ['a stop', ({ stop }) => stop('web', 1000), (w) => (w.status = 'Stopped'), { status: 'Running' }],
  ['a thaw', ({ unfreeze }) => unfreeze('web'), (w) => (w.status = 'Running'), { status: 'Frozen' }],
  ['a create', ({ create }) => create(spec), (w) => (w.isThere = true), { isThere: false }],
  [
    'a rename',
    ({ rename }) => rename('web', 'site'),
    (w) => Object.assign(w, { isThere: false, isRenamed: true }),
    { isRenamed: false },
  ],
  ['a delete', ({ remove }) => remove('web'), (w) => (w.isThere = false)],
  ['a key', ({ setConfig }) => setConfig('web', { 'user.x': '1' }), (w) => (w.config['user.x'] = '1')],
  [
    'a key that goes',
    ({ setConfig }) => setConfig('web', { 'user.x': '' }),
    (w) => (w.config = {}),
    { config: { 'user.x': '1' } },
  ],
  ['profiles', ({ setProfiles }) => setProfiles('web', ['gpu']), (w) => (w.profiles = ['gpu'])],
  ['a device', ({ setDevice }) => setDevice('web', 'web', proxy), (w) => (w.devices['web'] = proxy)],
  ['a device that goes', ({ removeDevice }) => removeDevice('web', 'web'), (w) => (w.devices = {})],
  [
    'a volume',
    ({ makeVolume }) => makeVolume({ app: 'web', volume: 'data' }, null),
    (w) => (w.volume = { ...MARKS, 'user.pets.volume': 'data' }),
    { volume: null },
  ],
  [
    'a volume of another size',
    ({ resizeVolume }) => resizeVolume(data, '1GiB'),
    (w) => (w.volume = { ...w.volume, size: '1GiB' }),
  ],
  [
    'a volume of another app',
    ({ markVolume }) => markVolume(data, { app: 'site', volume: 'data' }),
    (w) => (w.volume = { ...w.volume, 'user.pets.app': 'site' }),
  ],
  ['a volume that goes', ({ removeVolume }) => removeVolume(data), (w) => (w.volume = null)],
  [
    'a file',
    ({ writeFile }) => writeFile('web', '/x', Buffer.from('1'), { uid: 0, gid: 0, mode: '0400' }),
    (w) => (w.files['/x'] = { type: 'file', body: '1' }),
  ],
  [
    'a folder',
    ({ makeDirectory }) => makeDirectory('web', '/x', '0700'),
    (w) => (w.files['/x'] = { type: 'directory', body: '' }),
  ],
  [
    'a link',
    ({ writeLink }) => writeLink('web', '/x', '/y'),
    (w) => (w.files['/x'] = { type: 'symlink', body: '/y\n' }),
  ],
  [
    'a file that goes',
    ({ removeFile }) => removeFile('web', '/x'),
    (w) => (w.files = {}),
    { files: { '/x': { type: 'file', body: '1' } } },
  ],
];

/** Objects: of rows with fewer cells Jest takes the last parameter for a callback. */
const CASES = ROWS.map(([what, ask, happens, over = {}]) => ({ what, ask, happens, over }));

describe('what is so although the daemon has refused it is a success', () => {
  test.each(CASES)(
    '$what',
    async ({ ask, happens, over }) => {
      const calls = refusing(happens, over);
      await ask(calls);
      expect(calls.asked.some((request) => !request.startsWith('GET '))).toBe(true);
    },
    60_000,
  );
});

describe('what is not so is a failure, in the daemon’s words', () => {
  // A stop waits for a guest that only reads as running: its own tests have no pauses.
  test.each(CASES.filter(({ what }) => what !== 'a stop'))(
    '$what',
    async ({ ask, over }) => {
      await expect(ask(refusing(() => undefined, over))).rejects.toThrow('no such luck');
    },
    60_000,
  );
});
