import type { Say, PartialApp } from './check.js';
import { didYouMean } from '../lib/closest-match.js';

/** What the apps of a manifest must be to one another. */
export function checkRelations(apps: readonly PartialApp[], say: Say): void {
  const byName = new Map(apps.map((app) => [app.name, app]));
  checkCase(apps, say);
  checkFormerNames(apps, byName, say);
  checkAfter(apps, byName, say);
  checkCycles(apps, byName, say);
}

type ByName = ReadonlyMap<string, PartialApp>;

function checkCase(apps: readonly PartialApp[], say: Say): void {
  const seen = new Map<string, string>();
  for (const { name, path } of apps) {
    const other = seen.get(name.toLowerCase());
    const message = `\`${name}\` and \`${other ?? ''}\` are one host name: case does not count there`;
    if (other === undefined) seen.set(name.toLowerCase(), name);
    else say({ code: 'manifest-conflict', path, at: 'key', message });
  }
}

function checkFormerNames(apps: readonly PartialApp[], byName: ByName, say: Say): void {
  const seen = new Map<string, string>();
  for (const { name, path, keys } of apps) {
    if (keys.was === undefined) continue;
    const other = seen.get(keys.was);
    const at = { code: 'manifest-conflict', path: [...path, 'was'], at: 'value' } as const;
    if (keys.was === name) say({ ...at, message: 'this is the name that the app has' });
    else if (byName.has(keys.was)) say({ ...at, message: `\`${keys.was}\` is another app of this manifest` });
    else if (other !== undefined) say({ ...at, message: `\`${other}\` was \`${keys.was}\` already` });
    seen.set(keys.was, name);
  }
}

/** A file full of unknown names would take minutes to find what each of them meant. */
const MAX_SUGGESTIONS = 50;

function checkAfter(apps: readonly PartialApp[], byName: ByName, say: Say): void {
  let suggestions = 0;
  for (const { name, path, keys } of apps) {
    for (const [i, other] of (keys.after ?? []).entries()) {
      const at = { code: 'manifest-conflict', path: [...path, 'after', i], at: 'value' } as const;
      if (other === name) say({ ...at, message: 'an app cannot come after itself' });
      if (byName.has(other)) continue;
      const hint = ++suggestions > MAX_SUGGESTIONS ? null : didYouMean(other, [...byName.keys()]);
      say({
        ...at,
        code: 'app-unknown',
        message: `there is no app \`${other}\``,
        ...(hint !== null && { hint }),
      });
    }
  }
}

/** Names of a cycle that are shown. */
const MAX_SHOWN = 30;

function checkCycles(apps: readonly PartialApp[], byName: ByName, say: Say): void {
  for (const cycle of cyclesOf(apps, byName)) {
    const [first] = cycle;
    if (!first) continue;
    const shown = cycle.length > MAX_SHOWN ? [...cycle.slice(0, MAX_SHOWN - 1), '…'] : cycle;
    const message = `the apps wait for one another: ${[...shown, first].join(' → ')}`;
    say({
      code: 'manifest-conflict',
      path: ['apps', first, 'after'],
      at: 'value',
      message,
      hint: 'take one of these out',
    });
  }
}

/** One cycle of each group of apps that cannot begin. An app that comes after itself is said already. */
function cyclesOf(apps: readonly PartialApp[], byName: ByName): string[][] {
  const stuck = stuckOf(apps, byName);
  const next = (name: string) =>
    byName.get(name)?.keys.after?.find((other) => other !== name && stuck.has(other));
  const walkOf = new Map<string, number>();
  return [...stuck].flatMap((start, walk): string[][] => {
    const steps: string[] = [];
    let at: string | undefined = start;
    for (; at !== undefined && !walkOf.has(at); at = next(at)) {
      walkOf.set(at, walk);
      steps.push(at);
    }
    return at !== undefined && walkOf.get(at) === walk ? [steps.slice(steps.indexOf(at))] : [];
  });
}

/** The apps that are on a cycle, or come after one that is. */
function stuckOf(apps: readonly PartialApp[], byName: ByName): Set<string> {
  const waiting = new Map<string, number>();
  const followers = new Map<string, string[]>();
  for (const { name, keys } of apps) {
    const others = (keys.after ?? []).filter((other) => other !== name && byName.has(other));
    waiting.set(name, others.length);
    for (const other of others) followers.set(other, [...(followers.get(other) ?? []), name]);
  }
  const free = apps.map(({ name }) => name).filter((name) => waiting.get(name) === 0);
  for (const name of free) {
    waiting.delete(name);
    for (const follower of followers.get(name) ?? []) {
      const left = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, left);
      if (left === 0) free.push(follower);
    }
  }
  return new Set(waiting.keys());
}
