import type { Bind, LocalPath } from '../../domain/manifest.js';
import { type StorePath, isStorePath, STORE_PATH } from '../../domain/names.js';
import { refuse, type Refused, text } from './kinds.js';
import { resolvePath } from '../path.js';
import { didYouMean } from '../../lib/closest-match.js';
import { quote } from '../../lib/format.js';

const CONTROL = /[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029\uFFFD]/u;

/** A file or folder of the host, seen from the manifest's folder. */
export function localPath(directory: string, what: string) {
  return text<LocalPath>(`the path of ${what}`, (written) => {
    if (/^[a-z+]+:/.test(written))
      return refuse(
        `expected the path of ${what}, got ${quote(written)}`,
        'flakes are named with `flake-ref`',
      );
    return flawOfPath(written) ?? { written, path: resolvePath(directory, written) };
  });
}

/** What no path of the host may be. */
function flawOfPath(written: string): Refused | null {
  if (written === '') return refuse('the path is empty');
  if (CONTROL.test(written)) return refuse(`a path has no control characters, got ${quote(written)}`);
  if (written.startsWith('~'))
    return refuse(`\`~\` is not expanded, got ${quote(written)}`, 'write ./folder or an absolute path');
  return null;
}

export const storePath = text<StorePath>(
  'a store path',
  (written) => {
    if (isStorePath(written)) return written;
    const [inside] = new RegExp(`^${STORE_PATH}(?=/)`).exec(written) ?? [];
    const hint =
      inside !== undefined
        ? `the system itself: "${inside}"`
        : written.startsWith('/nix/store/')
          ? null
          : 'what a link such as ./result leads to: `readlink -f result`';
    return refuse(`expected a store path, /nix/store/<hash>-<name>, got ${quote(written)}`, hint);
  },
  { pattern: `^${STORE_PATH}$` },
);

/** Folders of the guest that are not the app's to mount over. */
const KEPT = ['/nix', '/proc', '/sys', '/dev', '/run'];

/** Where something is mounted in the guest. */
export const guestPath = text<string>('a path in the guest', parseGuestPath, { pattern: '^/' });

function parseGuestPath(written: string): string | Refused {
  const flaw = flawOfPath(written);
  if (flaw) return flaw;
  if (!written.startsWith('/'))
    return refuse(`expected an absolute path in the guest, got ${quote(written)}`);
  const path = resolvePath('/', written);
  if (path !== written)
    return refuse(
      `expected a path without \`.\`, \`..\` and needless \`/\`, got ${quote(written)}`,
      `did you mean ${quote(path)}?`,
    );
  if (path === '/') return refuse('`/` is the root disk of the guest');
  const kept = KEPT.find((folder) => isAtOrBelow(path, folder));
  return kept === undefined
    ? path
    : refuse(`${quote(path)}: ${kept} is not to be mounted over`, 'an app keeps its data in /var/lib/<name>');
}

export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** The kernel's limit, without the NUL at the end. */
const SOCKET_BYTES = 107;

export function socketPath(directory: string) {
  return text<string>('the path of a socket', (written) => {
    const flaw = flawOfPath(written);
    if (flaw) return flaw;
    if (written.startsWith('@'))
      return refuse('a socket is a file here, not an abstract name', 'write ./web.sock or an absolute path');
    const path = resolvePath(directory, written);
    if (/\/\.{0,2}$/.test(written))
      return refuse(`expected the path of a socket, got the folder ${quote(written)}`);
    const bytes = new TextEncoder().encode(path).length;
    return bytes <= SOCKET_BYTES
      ? path
      : refuse(`a socket's path has at most ${SOCKET_BYTES} bytes, ${quote(path)} has ${bytes}`);
  });
}

/** `0660`. */
export const mode = text<string>(
  'permissions such as "0660"',
  (written) => {
    const [, digits] = /^0?([0-7]{3})$/.exec(written) ?? [];
    return digits === undefined
      ? refuse(`expected permissions such as "0660", got ${quote(written)}`)
      : `0${digits}`;
  },
  { pattern: '^0?[0-7]{3}$' },
);

const OPTIONS = ['ro', 'create'];

/** `source:path[:ro][:create]`. */
export function bind(directory: string) {
  return text<Bind>('"source:path" or "source:path:ro"', (written) => {
    const [source = '', path, ...options] = written.split(':');
    if (path === undefined)
      return refuse(
        `expected "source:path", got ${quote(written)}`,
        `${quote(`${written}:/srv/…`)}: on the host, then in the guest`,
      );
    const flaw = flawOfPath(source) ?? bareWord(source) ?? unknownOption(options);
    if (flaw) return flaw;
    const target = parseGuestPath(path);
    if (typeof target !== 'string') return target;
    return {
      source: { written: source, path: resolvePath(directory, source) },
      path: target,
      readOnly: options.includes('ro'),
      create: options.includes('create'),
    };
  });
}

function bareWord(source: string): Refused | null {
  if (source.includes('/') || source === '.' || source === '..') return null;
  return refuse(
    `${quote(source)} is no path`,
    `./${source} for a folder beside the manifest; volumes are named in \`volumes\``,
  );
}

function unknownOption(options: readonly string[]): Refused | null {
  const unknown = options.find((option, i) => !OPTIONS.includes(option) || options.indexOf(option) < i);
  if (unknown === undefined) return null;
  if (OPTIONS.includes(unknown)) return refuse(`the option ${quote(unknown)} stands twice`);
  const hint =
    unknown === 'rw'
      ? 'without `ro` it is writable'
      : (didYouMean(unknown, OPTIONS) ?? 'there are `ro` and `create`');
  return refuse(`unknown option ${quote(unknown)}`, hint);
}
