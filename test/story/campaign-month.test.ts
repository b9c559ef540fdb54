import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import { KIND_WORDS, type AlertKind } from '../../src/domain/alert.js';
import { fractionOf, isWhole } from '../sample.js';
import { GitServer } from './git-server.js';
import { BAD, flakeOf, type Kind, Tenant } from './month.js';
import { OwnDaemon } from './own-daemon.js';
import { freePorts, must, sleep, Story } from './rig.js';

/**
 * An operator is away for a month. The clock is moved by making every app due again: what a schedule asks is when its
 * app was looked at last, which stands on the instance.
 */
const NIGHTS = isWhole ? 30 : 3;
const APPS = isWhole ? 12 : 3;
const LONG_AGO = '2001-01-01T00:00:00.000Z';

type Notice = {
  readonly kind: AlertKind | 'mended' | 'updated';
  readonly app: string | null;
  readonly message: string;
};
type Alert = { readonly kind: AlertKind; readonly app: string | null };

const daemon = new OwnDaemon();
const story = new Story('month', { socket: daemon.socket });
const got: Notice[] = [];
const receiver = createServer((request, reply) => {
  let body = '';
  request.on('data', (piece: Buffer) => (body += piece.toString()));
  request.on('end', () => {
    got.push(JSON.parse(body) as Notice);
    reply.end();
  });
});
const tenants: Tenant[] = [];
const open = new Set<string>();
let drawn = 0;
/** From 0 to 1, the next one of this run. */
const draw = () => fractionOf(drawn++);

const labelOf = async (app: string, key: string) =>
  (await story.instances()).find(({ name }) => name === app)?.config[`user.pets.${key}`] ?? '';

/** A day goes by. What else is known of the last time stays. */
async function makeDue(): Promise<void> {
  for (const { name } of tenants)
    for (const key of ['update', 'backup']) {
      const known = await labelOf(name, key);
      if (known === '') continue;
      const older = JSON.stringify({ ...(JSON.parse(known) as object), at: LONG_AGO });
      await must('incus', ['config', 'set', name, `user.pets.${key}=${older}`], story.env());
    }
}

/** What the timer starts; it comes again until one ends by itself. `trouble`: what befalls the first one, and when. */
async function night(trouble: 'kill' | 'daemon' | null): Promise<void> {
  await makeDue();
  const { child, ended } = story.start(['update', '--due', '--progress', 'plain']);
  if (trouble !== null) {
    await Promise.race([ended, sleep(500 + draw() * 15_000)]);
    if (trouble === 'kill') child.kill('SIGKILL');
    else await daemon.end('SIGKILL').then(() => daemon.start());
  }
  await ended;
  if (trouble === null) return;
  // The next quarter of an hour, and the next night, of which nothing newer is known.
  await story.pets(['update', '--due']);
  await makeDue();
  await story.pets(['update', '--due']);
}

/** Each notice is of something that was not told already, and each end is of something that was. */
function countNotices(): void {
  for (const { kind, app, message } of got.splice(0)) {
    if (kind === 'updated') continue;
    const what = kind === 'mended' ? message.replace(/ since .*/, '') : KIND_WORDS[kind];
    const key = `${app ?? '-'} ${what}`;
    if (kind === 'mended') expect(open.delete(key) ? key : `${key}: never told`).toBe(key);
    else expect(open.has(key) ? `${key}: told twice` : key).toBe(key);
    if (kind !== 'mended') open.add(key);
  }
}

beforeAll(async () => {
  await daemon.setUp();
  const [at = 0, ...ports] = await freePorts(APPS + 1);
  await new Promise<void>((resolve) => receiver.listen(at, '127.0.0.1', resolve));
  for (const [n, port] of ports.entries()) {
    const folder = `repositories/app${n}`;
    const server = new GitServer(`${story.folder}/${folder}`);
    const kind = { isRehearsed: n % 2 === 0, isBackedUp: n % 4 === 0 };
    const tenant = new Tenant(story, { name: `app${n}`, folder, server, port, ...kind });
    story.write(`${folder}/flake.nix`, flakeOf('1.0.0', 'good'));
    await server.start();
    await tenant.publish('good');
    tenants.push(tenant);
  }
  story.write('nas/.mounted', '');
  story.manifest(Object.fromEntries(tenants.map((tenant) => [tenant.short, tenant.lines()])));
  story.write('pets.toml', `${story.read('pets.toml')}\n[notify]\nurl = "http://127.0.0.1:${at}/"\n`);
  await story.ok(['up']);
  for (const tenant of tenants) tenant.serves();
  await story.ok(['update', '--due']);
});
afterAll(async () => {
  for (const { server } of tenants) server.close();
  receiver.closeAllConnections();
  receiver.close();
  await daemon.start();
  await story.cleanUp();
  await daemon.remove();
});

function kindOf(): Kind | undefined {
  const n = draw();
  if (n < 0.3) return 'none';
  if (n < 0.55) return 'good';
  if (n < 0.62) return 'major';
  return n < 0.7 ? 'unreachable' : BAD[Math.floor(draw() * BAD.length)];
}

test.each(Array.from({ length: NIGHTS }, (_, n) => n + 1))(
  'night %d: every app serves a version that is good, with all its rows',
  async () => {
    for (const tenant of tenants) {
      await tenant.write();
      await tenant.publish(kindOf() ?? 'none');
    }
    const n = draw();
    const trouble = n < 0.2 ? 'kill' : n < 0.35 ? 'daemon' : null;
    await night(trouble);
    for (const tenant of tenants) await tenant.look(trouble === 'daemon');
    await story.ok(['alerts', '--check']);
    countNotices();
    const { alerts } = JSON.parse((await story.ok(['alerts', '--json'])).stdout) as { alerts: Alert[] };
    // What is told is what is open.
    expect(alerts.map(({ app, kind }) => `${app ?? '-'} ${KIND_WORDS[kind]}`).sort()).toEqual(
      [...open].sort(),
    );
    for (const tenant of tenants) tenant.checkAlerts(alerts.filter(({ app }) => app === tenant.name));
    expect((await story.instances()).map(({ name }) => name).sort()).toEqual(
      tenants.map(({ name }) => name).sort(),
    );
    expect((await story.ok(['diff'])).stdout).toContain('No changes');
  },
  1_200_000,
);

test('and he comes back: what waited is taken, and everything can be restored', async () => {
  for (const tenant of tenants) await tenant.publish('good');
  await makeDue();
  await story.pets(['update', '--due']);
  for (const { name } of tenants) await story.ok(['update', name, '--allow-major']);
  for (const tenant of tenants) await tenant.isNewest();
  expect(JSON.parse((await story.ok(['alerts', '--check', '--json'])).stdout)).toMatchObject({ alerts: [] });
  countNotices();
  expect([...open]).toEqual([]);
  const { backups } = JSON.parse((await story.ok(['backups', '--verify', '--json'])).stdout) as {
    backups: { app: string; verified: string }[];
  };
  expect(backups.filter(({ verified }) => !['restored', 'checksums'].includes(verified))).toEqual([]);
  expect(new Set(backups.map(({ app }) => app)).size).toBe(
    tenants.filter(({ isBackedUp }) => isBackedUp).length,
  );
});
