import type { Action } from '../domain/action.js';
import { LABEL, parseNames, printNames } from '../domain/labels.js';
import { secretsIn } from '../facets/secrets.js';
import { problemOf } from '../domain/problem.js';
import { desiredApp, secretFiles, type OperationContext } from './job.js';
import type { OperationResult } from './performer.js';

type Config = Readonly<Record<string, string>>;
type Push = Extract<Action, { kind: 'push-secrets' }>;

/**
 * Names are marked before they are written: should the run not end well, the next one must not take them for what was
 * last applied. What they were is kept before that, so that whatever is marked can go back.
 */
export async function pushSecrets(job: OperationContext, { put, remove }: Push): Promise<void> {
  const { app, services } = job;
  const files = await secretFiles(job, put);
  const { config } = await services.incus.instance(app);
  const touched = touchedIn(config);
  // Where nothing was ever applied there is nothing to go back to.
  if (config[LABEL.applied] !== undefined)
    await services.guest.keepSecrets(app, [...put, ...remove], touched);
  const names = new Set([...touched, ...put, ...remove]);
  await services.incus.setConfig(app, { [LABEL.touchedSecrets]: printNames(names) });
  await services.guest.writeSecrets(app, files, remove);
}

/** They are unmarked when they are back, and what was kept of them goes last. */
export async function revertSecrets(
  job: OperationContext,
  secrets: readonly string[],
): Promise<OperationResult> {
  const { app, services } = job;
  const lost = await services.guest.revertSecrets(app, secrets);
  const { config } = await services.incus.instance(app);
  const left = touchedIn(config).filter((name) => !secrets.includes(name));
  await services.incus.setConfig(app, { [LABEL.touchedSecrets]: printNames(left) });
  const warnings = lost.map(
    (name) => `nobody knows what the secret \`${name}\` was before: it stays as it is`,
  );
  return { warnings: [...warnings, ...(await forgetKept(job, secrets))] };
}

/** What is good now is not taken back any more. `before`: as the instance was until it was recorded. */
export async function forgetSecrets(job: OperationContext, before: Config): Promise<OperationResult> {
  const has = Object.keys(secretsIn(desiredApp(job).facets) ?? {}).length > 0;
  return !has && touchedIn(before).length === 0 ? {} : { warnings: await forgetKept(job, null) };
}

/**
 * The app is whole whether that works or not: what is kept and not marked is never put back, only the guest's root reads
 * it, and the next upgrade that touches secrets removes it.
 */
async function forgetKept(
  { app, services }: OperationContext,
  secrets: readonly string[] | null,
): Promise<readonly string[]> {
  try {
    await services.guest.forgetSecrets(app, secrets);
    return [];
  } catch (error) {
    return [`its secrets of before could not be removed: ${problemOf(error).message}`];
  }
}

function touchedIn(config: Config): string[] {
  return parseNames(config[LABEL.touchedSecrets]);
}
