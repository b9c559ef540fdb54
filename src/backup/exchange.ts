import { LABEL } from '../domain/labels.js';
import type { Stopped } from '../domain/stop-timeout.js';
import type { Volume } from '../domain/actual.js';
import type { Incus, InstanceJson, SecretValues } from '../domain/services.js';
import { problemOf, ProblemError } from '../domain/problem.js';
import { giveSecrets, markSecrets, ownSecrets, unmarkSecrets, type SecretChange } from './secrets.js';
import {
  asError,
  both,
  noteFailing,
  settleApp,
  startApp,
  stopApp,
  type BackupTarget,
  type BackupContext,
} from './subject.js';

/** A volume of the app: what it holds now, and what it held then. */
export type Exchange = { readonly name: string; readonly old: Volume | null; readonly restored: Volume };

/** What is put in place of what, by the restore with this id. */
export type Exchanges = {
  readonly id: string;
  readonly volumes: readonly Exchange[];
  readonly secrets: SecretChange;
};

type Place = {
  readonly subject: BackupTarget;
  /** Null: there is none to be changed. */
  readonly instance: InstanceJson | null;
  readonly work: BackupContext;
};

/** The app with the restored volumes and the secrets that belong to them, up if it was up; or as it was. How it was stopped. */
export async function exchange(
  exchanges: Exchanges,
  subject: BackupTarget,
  work: BackupContext,
): Promise<Stopped> {
  const place = { subject, work, instance: await instanceOf(subject, work) };
  try {
    return await exchangeVolumes(exchanges, place);
  } catch (error) {
    work.say('putting back what was there');
    const undone = async () => {
      await putBack(exchanges, place);
      await discard(exchanges.volumes, work.incus);
    };
    const failure = await undone().then(() => null, asError);
    throw failure === null ? notRestored(error) : both(error, failure);
  }
}

async function exchangeVolumes({ id, volumes, secrets }: Exchanges, place: Place): Promise<Stopped> {
  const { subject, instance, work } = place;
  await noteFailing(subject, work);
  const end = await stopApp(subject, work);
  work.say('exchanging the volumes');
  if (instance) await markSecrets(secrets, subject, work, instance);
  // Killed before this the old data is there, after it the new: the next run does what is missing here.
  await setDevices(devicesOf(volumes, instance).after, place);
  await work.secrets.commit(subject.app, id);
  if (instance) await giveSecrets(secrets.restored, subject, work);
  await comeUp(secrets.restored, place);
  return end;
}

async function putBack({ volumes, secrets }: Exchanges, place: Place): Promise<void> {
  const { subject, instance, work } = place;
  const { before, restored } = secrets;
  const old = new Map([...before].filter(([name]) => restored.has(name)));
  await stopApp(subject, work);
  // Before the volumes: should this be killed, the restore stands, and what is staged is kept once more.
  await work.secrets.keep(subject.app, old);
  if (instance) await giveSecrets(old, subject, work);
  await setDevices(devicesOf(volumes, instance).before, place);
  await comeUp(old, place);
  if (instance && restored.size > 0) await unmarkSecrets(subject, work, instance);
  await work.secrets.unstage();
}

/** With these secrets new to it, where it is to be up. */
async function comeUp(secrets: SecretValues, { subject, work }: Place): Promise<void> {
  await startApp(subject, work);
  await ownSecrets(secrets, subject, work);
  await settleApp(subject, work);
}

/** What was imported, and is not wanted. */
export async function discard(volumes: readonly Exchange[], incus: Incus): Promise<void> {
  for (const { restored } of volumes) await incus.removeVolume(restored);
}

function notRestored(error: unknown): ProblemError {
  const problem = problemOf(error);
  return new ProblemError({ ...problem, message: `${problem.message}; the app has the data it had before` });
}

type Devices = InstanceJson['devices'];

async function setDevices(devices: Devices, { subject, work }: Place): Promise<void> {
  if (Object.keys(devices).length > 0) await work.incus.setDevices(subject.app, devices);
}

async function instanceOf(
  { app, facts }: BackupTarget,
  { incus }: BackupContext,
): Promise<InstanceJson | null> {
  const all = await incus.instances();
  return all.find((i) => i.name === app && i.config[LABEL.project] === facts.project) ?? null;
}

/** The app's disk devices that show a volume which is exchanged, as they are and as they will be. */
function devicesOf(exchanges: readonly Exchange[], instance: InstanceJson | null) {
  const before: Record<string, Devices[string]> = {};
  const after: Record<string, Devices[string]> = {};
  for (const [device, value] of Object.entries(instance?.devices ?? {})) {
    const { type, pool, source } = value;
    const found = exchanges.find(({ old }) => old?.pool === pool && old?.name === source);
    if (type !== 'disk' || !found) continue;
    before[device] = value;
    after[device] = { ...value, pool: found.restored.pool, source: found.restored.name };
  }
  return { before, after };
}
