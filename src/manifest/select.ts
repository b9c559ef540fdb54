import type { AppName } from '../domain/names.js';
import type { ManifestApp } from '../domain/manifest.js';
import type { Problem } from '../domain/problem.js';
import { didYouMean } from '../lib/closest-match.js';
import { quote } from '../lib/format.js';

export type Selection =
  | { readonly ok: true; readonly apps: ReadonlySet<AppName> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Selectable = Pick<ManifestApp, 'name' | 'tags'>;

/** The apps that selectors fit: names, patterns with `*` and `?`, and `@tag`. One that fits none is a problem. */
export function selectApps(selectors: readonly string[], apps: readonly Selectable[]): Selection {
  const found = selectors.map((selector) => ({ selector, names: namesFor(selector, apps) }));
  const empty = found.filter(({ names }) => names.length === 0);
  if (empty.length > 0)
    return { ok: false, problems: empty.map(({ selector }) => nothingFits(selector, apps)) };
  return { ok: true, apps: new Set(found.flatMap(({ names }) => names)) };
}

function namesFor(selector: string, apps: readonly Selectable[]): AppName[] {
  const fits = selector.startsWith('@')
    ? ({ tags }: Selectable) => tags.includes(selector.slice(1))
    : ({ name }: Selectable) => patternOf(selector).test(name);
  return apps.filter(fits).map(({ name }) => name);
}

function patternOf(selector: string): RegExp {
  const escaped = selector.replace(/[\\^$.|+()[\]{}/]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u');
}

function nothingFits(selector: string, apps: readonly Selectable[]): Problem {
  const isTag = selector.startsWith('@');
  const known = isTag
    ? [...new Set(apps.flatMap(({ tags }) => tags.map((tag) => `@${tag}`)))].sort()
    : apps.map(({ name }) => name);
  const what = isTag ? 'no app has the tag' : 'the manifest has no app';
  const none = isTag ? 'no app has tags' : 'it has none';
  const hint = didYouMean(selector, known) ?? (known.length > 0 ? `there are ${known.join(', ')}` : none);
  return { code: 'app-unknown', message: `${what} ${quote(isTag ? selector.slice(1) : selector)}`, hint };
}
