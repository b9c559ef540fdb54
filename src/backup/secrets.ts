import { LABEL, parseNames, printNames } from '../domain/labels.js';
import type { InstanceJson, SecretFile, SecretValues } from '../domain/services.js';
import { secretsIn, type Found } from './folder.js';
import type { BackupTarget, BackupContext } from './subject.js';

/** An app's generated secrets around a restore. */
export type SecretChange = {
  /** All that it has. */
  readonly before: SecretValues;
  /** Those of the backup that it does not have, or has with another value. */
  readonly restored: SecretValues;
};

export async function changeOf(
  from: Found,
  { app }: BackupTarget,
  { secrets }: Pick<BackupContext, 'secrets'>,
): Promise<SecretChange> {
  const before = await secrets.of(app);
  const then = [...(await secretsIn(from.folder, from.backup))];
  const isNew = ([name, value]: [string, Uint8Array]) => {
    const now = before.get(name);
    return now === undefined || Buffer.compare(now, value) !== 0;
  };
  return { before, restored: new Map(then.filter(isNew)) };
}

/** The names of those that a restore replaces by others. */
export function replacedBy({ before, restored }: SecretChange): string[] {
  return [...restored.keys()].filter((name) => before.has(name));
}

/** Has the next `up` write all that changes once more: whatever a killed run left in the guest, it is what is kept. */
export async function markSecrets(
  { restored }: SecretChange,
  { app, secrets }: BackupTarget,
  { incus, guest }: BackupContext,
  { config }: InstanceJson,
): Promise<void> {
  const names = secrets.map(({ name }) => name).filter((name) => restored.has(name));
  // What an upgrade that did not end has kept of them is from before this data.
  if (names.length > 0) await guest.forgetSecrets(app, names);
  const marked = parseNames(config[LABEL.touchedSecrets]).filter((name) => !names.includes(name));
  if (names.length > 0)
    await incus.setConfig(app, { [LABEL.touchedSecrets]: printNames([...marked, ...names]) });
}

/** After the guest has its own again. */
export async function unmarkSecrets(
  { app }: BackupTarget,
  { incus }: BackupContext,
  { config }: InstanceJson,
): Promise<void> {
  await incus.setConfig(app, { [LABEL.touchedSecrets]: config[LABEL.touchedSecrets] ?? '' });
}

/** Into the guest, before it is started. */
export async function giveSecrets(
  values: SecretValues,
  subject: BackupTarget,
  { guest }: BackupContext,
): Promise<void> {
  const files = filesOf(values, subject);
  if (files.length > 0) await guest.writeSecrets(subject.app, files, []);
}

/** Its users are known when it runs. */
export async function ownSecrets(
  values: SecretValues,
  subject: BackupTarget,
  work: BackupContext,
): Promise<void> {
  const named = filesOf(values, subject).filter(({ owner }) => typeof owner === 'string' && owner !== 'root');
  if (subject.isUp && named.length > 0) await work.guest.ownSecrets(subject.app, named, work.limitMs);
}

/** Those that the app is to have, with these values. */
function filesOf(values: SecretValues, { secrets }: BackupTarget): SecretFile[] {
  return secrets.flatMap((secret) => {
    const value = values.get(secret.name);
    return value ? [{ ...secret, value }] : [];
  });
}
