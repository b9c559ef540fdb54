import type { FlakeRef } from '../domain/manifest.js';
import type { Problem } from '../domain/problem.js';
import { resolvePath } from './path.js';
import { didYouMean } from '../lib/closest-match.js';
import { quote } from '../lib/format.js';

export type Location = Pick<FlakeRef, 'url' | 'directory'> | { readonly problem: Problem };

/** One of Nix' URL schemes; `rest` is what follows `scheme:`, with its query. */
type Resolver = (rest: string, scheme: string, manifestDir: string) => Location;

const SCHEMES: Readonly<Record<string, Resolver>> = {
  github: forge,
  gitlab: forge,
  sourcehut: forge,
  path: (rest, _, dir) => localUrl('path', rest, dir),
  'git+file': (rest, _, dir) => gitFile(rest, dir),
  'git+https': remoteUrl,
  'git+http': remoteUrl,
  'git+ssh': remoteUrl,
  git: remoteUrl,
  'hg+https': remoteUrl,
  'hg+http': remoteUrl,
  'hg+ssh': remoteUrl,
  'tarball+https': remoteUrl,
  'tarball+http': remoteUrl,
  'tarball+file': (rest) => tarballFile(rest),
  https: tarball,
  http: tarball,
  flake: (rest) => registryId(`flake:${rest}`, rest),
};

const FORMS = 'github:owner/repo, git+https://host/repo, or ./folder';
const URL_TEXT = /^[A-Za-z0-9._~!$&'()*+,;=:@/?%[\]-]*$/;
const ARCHIVE = /\.(?:zip|tar|tgz|tar\.gz|tar\.xz|tar\.bz2|tar\.zst)$/;

/** A flake reference without its fragment → what Nix is given. */
export function resolveLocation(location: string, manifestDir: string): Location {
  if (/^(?:\/|\.\.?(?:[/?]|$))/.test(location)) return localPath(location, manifestDir);
  const scp = /^(\w+@[\w.-]+):([^/].*)$/.exec(location);
  if (scp)
    return refuse(`not a flake reference: ${quote(location)}`, `git+ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`);
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/.exec(location) ?? [];
  if (scheme === undefined) return registryId(location, location);
  const resolver = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (!resolver)
    return refuse(`unknown scheme \`${scheme}:\``, didYouMean(scheme, Object.keys(SCHEMES), ':') ?? FORMS);
  if (scheme !== 'path' && !URL_TEXT.test(rest)) return refuse(`not a URL: ${quote(location)}`);
  if (/^\/\/[^/@]*:[^/@]*@/.test(rest)) {
    return refuse(
      'a flake reference must not hold a password',
      'it would be copied into pets.lock; use netrc-file or access-tokens in nix.conf',
    );
  }
  return resolver(rest, scheme, manifestDir);
}

/** `github:owner/repo[/ref][?…]`. */
function forge(rest: string, scheme: string): Location {
  const [, owner = '', repo = ''] = /^([^/?]*)\/?([^/?]*)/.exec(rest) ?? [];
  if (owner === '' || repo === '' || /\/\/|\/(?:\?|$)/.test(rest.replace(/\?.*$/, '?'))) {
    return refuse(`expected \`${scheme}:owner/repo\`, got ${quote(`${scheme}:${rest}`)}`);
  }
  return { url: `${scheme}:${rest}` };
}

function remoteUrl(rest: string, scheme: string): Location {
  if (/^\/\/[^/?]+\/[^?]/.test(rest)) return { url: `${scheme}:${rest}` };
  return refuse(`expected \`${scheme}://host/path\`, got ${quote(`${scheme}:${rest}`)}`);
}

function tarball(rest: string, scheme: string): Location {
  if (ARCHIVE.test(rest.replace(/\?.*$/, ''))) return remoteUrl(rest, scheme);
  const [, owner, repo] = /^\/\/github\.com\/([^/?]+)\/([^/?]+?)(?:\.git)?\/?$/.exec(rest) ?? [];
  const hint =
    owner && repo
      ? `did you mean \`github:${owner}/${repo}\`?`
      : `git+${scheme}:${rest} for a git repository`;
  return refuse(`${quote(`${scheme}:${rest}`)} is neither an archive nor a flake`, hint);
}

function tarballFile(rest: string): Location {
  return /^(?:\/\/)?\/[^/]/.test(rest)
    ? { url: `tarball+file:${rest}` }
    : refuse(`expected \`tarball+file:///absolute/path\`, got ${quote(`tarball+file:${rest}`)}`);
}

/** `nixpkgs`, `nixpkgs/nixos-25.11`: an id of Nix' flake registry. */
function registryId(location: string, id: string): Location {
  if (/^[A-Za-z][\w-]*(?:\/[\w.-]+){0,2}(?:\?[^?]*)?$/.test(id) && URL_TEXT.test(id))
    return { url: location };
  const path = /^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(id) ? `./${id} for a folder, else ` : '';
  return refuse(`not a flake reference: ${quote(location)}`, `${path}${FORMS}`);
}

function gitFile(rest: string, manifestDir: string): Location {
  if (!rest.startsWith('//')) return localUrl('git+file', rest, manifestDir);
  if (rest.startsWith('///')) return localUrl('git+file', rest.slice(2), manifestDir);
  return refuse(
    `expected \`git+file:///absolute/path\`, got ${quote(`git+file:${rest}`)}`,
    'git+file:./folder for a relative path',
  );
}

/** A path as a file manager shows it: nothing is escaped. */
function localPath(location: string, manifestDir: string): Location {
  const [path, query] = splitQuery(location);
  return local('path', resolvePath(manifestDir, path), query);
}

/** A path inside a URL: `%20` is a space. */
function localUrl(scheme: 'path' | 'git+file', rest: string, manifestDir: string): Location {
  const [encoded, query] = splitQuery(rest);
  const path = percentDecode(encoded);
  if (path === null || path === '')
    return refuse(`expected a path after \`${scheme}:\`, got ${quote(`${scheme}:${rest}`)}`);
  return local(scheme, resolvePath(manifestDir, path), query);
}

function local(scheme: 'path' | 'git+file', directory: string, query: string): Location {
  if (scheme === 'path' && query !== '') {
    return refuse(
      `a folder takes no ${quote(query)}`,
      'name the flake’s own folder (./repo/sub), or write git+file:./repo?dir=sub',
    );
  }
  if (!URL_TEXT.test(query)) return refuse(`not a URL: ${quote(query)}`);
  const path = encodeURI(directory).replace(/[?#]/g, encodeURIComponent);
  return { url: `${scheme === 'path' ? 'path:' : 'git+file://'}${path}${query}`, directory };
}

function splitQuery(text: string): [string, string] {
  const mark = text.indexOf('?');
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark)];
}

function percentDecode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return /\p{Cc}/u.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

function refuse(message: string, hint?: string): { problem: Problem } {
  return { problem: { code: 'reference-invalid', message, ...(hint !== undefined && { hint }) } };
}
