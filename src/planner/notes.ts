import type { Actual, ActualApp } from '../domain/actual.js';
import type { AppName } from '../domain/names.js';
import type { DesiredApp } from '../domain/desired.js';
import type { VolumeMount } from '../domain/manifest.js';
import { capabilitiesOf } from '../domain/store-mode.js';
import { movesStore, type Compared } from './compare.js';
import { nameOf, secretsIn } from '../facets/secrets.js';

/** What a person should know about an app's data before it is changed. */
export function notesOf(compared: Compared, actual: Actual): string[] {
  const { app, actual: there, store } = compared;
  const isAnew = movesStore(compared);
  const fresh = app.volumes.filter(({ name }) => !isAttached(name, there));
  return [
    ...(isAnew ? ['what is on its root disk is lost'] : []),
    ...noteDetached(app, there),
    ...noteCopies(compared, actual),
    ...changedSecrets(compared),
    ...fresh.flatMap(({ name }) => noteKept(name, [app.name, compared.renameClaim?.from], actual)),
    ...formerName(compared, actual),
    ...(there?.state === 'ready' && !isAnew ? fresh.map(noteCovered) : []),
    ...(app.store === null &&
    !capabilitiesOf(store).sharesHostStore &&
    actual.sharedStoreBlocker !== null &&
    !there
      ? [`it gets a store of its own: ${actual.sharedStoreBlocker}`]
      : []),
  ];
}

/** A former name that does not do what its writer most likely thinks. */
function formerName({ app, actual: there, store, renameClaim }: Compared, { apps }: Actual): string[] {
  const { name, was } = app;
  if (was === null) return [];
  if (!there && !renameClaim) return [`the project has no \`${was}\`: \`${name}\` is made new`];
  if (there?.name === name && apps.some((other) => other.name === was))
    return [`\`${was}\` is there as well, and stays what it is: \`${name}\` has a container already`];
  const isLater = there !== null && there.name !== name && app.store !== null && app.store !== store;
  return isLater ? [`its store changes with a second \`pets up --recreate ${name}\``] : [];
}

/** A rollback by hand leaves secrets alone: those that the generation had are kept nowhere. */
function changedSecrets({ actual, aim }: Compared): string[] {
  if (aim.kind !== 'by-hand' || !aim.to.secrets || !actual) return [];
  const [then, now] = [aim.to.secrets, secretsIn(actual.applied?.facets) ?? {}];
  const fields = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  const changed = fields.filter((field) => then[field] !== now[field]).map(nameOf);
  if (changed.length === 0) return [];
  const names = changed.map((name) => `\`${name}\``).join(', ');
  const since = `since generation ${aim.to.generation}`;
  return changed.length === 1
    ? [`the secret ${names} has changed ${since}, and stays as it is now`]
    : [`the secrets ${names} have changed ${since}, and stay as they are now`];
}

function isAttached(volume: string, there: ActualApp | null): boolean {
  return there?.attachments.some((a) => a.kind === 'volume' && a.volume === volume) === true;
}

/** What an upgrade costs on a pool without cheap snapshots. */
function noteCopies({ app, data }: Compared, actual: Actual): string[] {
  const isFull = actual.volumes.some(
    (v) => v.app === app.name && data.volumes.includes(v.volume) && v.copies,
  );
  if (data.take.length === 0 || !isFull) return [];
  const names = data.volumes.map((name) => `\`${name}\``).join(', ');
  return [
    `what the volumes hold (${names}) is copied in full before it changes: their pool knows no cheaper snapshots`,
  ];
}

function noteDetached({ name, volumes }: DesiredApp, there: ActualApp | null): string[] {
  const attached = (there?.attachments ?? []).filter((a) => a.kind === 'volume');
  return attached
    .filter((a) => !volumes.some((v) => v.name === a.volume))
    .map(
      (a) =>
        `the volume \`${a.volume}\` is detached and kept; \`pets volume rm ${name}/${a.volume}\` deletes it`,
    );
}

/** A mount hides what is below it: data that was kept on the root disk would seem to be gone. */
function noteCovered({ name, path }: VolumeMount): string {
  return `what is at ${path} on the root disk is hidden by the volume \`${name}\`, not deleted`;
}

function noteKept(volume: string, names: readonly (AppName | undefined)[], { volumes }: Actual): string[] {
  const isKept = volumes.some((v) => v.volume === volume && names.some((name) => name === v.app));
  return isKept ? [`the volume \`${volume}\` is there from before and is attached with its data`] : [];
}

/** Whatever deletes a container says what it leaves. */
export function volumesKept(app: AppName, { volumes }: Actual): string[] {
  return volumes
    .filter((v) => v.app === app)
    .map((v) => `the volume \`${v.volume}\` is kept; \`pets volume rm ${app}/${v.volume}\` deletes it`);
}
