import type { FileAccess, GuestFile, Incus } from '../../domain/services.js';
import { withErrorContext, idempotent } from './attempt.js';
import type { Reply, RequestOptions } from './http.js';
import { unwrap, type RestClient } from './operations.js';
import { instanceUrl, type ManagedInstances } from './own.js';
import { ensure } from './reach.js';

type Calls =
  | 'readLink'
  | 'readFile'
  | 'readBytes'
  | 'makeDirectory'
  | 'writeFile'
  | 'removeFile'
  | 'readDirectory'
  | 'writeLink';

const FILE_ATTEMPTS = 3;
/** Users, marks, links: a guest may put anything in their place. */
const FILE_BYTES = 4 * 1024 * 1024;

/** Files of a guest, running or not, through the daemon: what they hold is in no argument and no config. */
export function filesOf(rest: RestClient, own: ManagedInstances): Pick<Incus, Calls> {
  const post = async (name: string, path: string, options: RequestOptions) => {
    unwrap((await askFile(() => rest.raw('POST', filesAt(name, path), options))).body);
  };
  return {
    ...readsOf(rest),

    makeDirectory: (name, path, mode) =>
      idempotent(`making ${path} in \`${name}\``, async () => {
        await own.get(name);
        const made = post(name, path, { headers: headersOf('directory', { uid: 0, gid: 0, mode }) });
        await ensure(made, async () => typeIn(await read(name, path, rest)) === 'directory');
      }),

    // Of a file that is there the daemon keeps owner and permissions.
    writeFile: (name, path, content, access) =>
      idempotent(`writing ${path} in \`${name}\``, async () => {
        await own.get(name);
        await remove(name, path, rest);
        const written = post(name, path, { content, headers: headersOf('file', access) });
        const bytes = { limitBytes: content.byteLength, encoding: 'latin1' } as const;
        await ensure(written, async () => isFile(content, access, await read(name, path, rest, bytes)));
      }),

    removeFile: (name, path) =>
      idempotent(`removing ${path} in \`${name}\``, async () => {
        await own.get(name);
        await remove(name, path, rest);
      }),

    // The daemon replaces no link and renames no file.
    writeLink: (name, path, target) =>
      idempotent(`writing the link ${path} in \`${name}\``, async () => {
        await own.get(name);
        await remove(name, path, rest);
        const headers = headersOf('symlink', { uid: 0, gid: 0, mode: '0777' });
        await ensure(post(name, path, { content: Buffer.from(target), headers }), async () =>
          isLinkTo(target, await read(name, path, rest)),
        );
      }),
  };
}

function readsOf(rest: RestClient): Pick<Incus, 'readLink' | 'readFile' | 'readBytes' | 'readDirectory'> {
  return {
    readLink: (name, path) =>
      withErrorContext(`reading ${path} in \`${name}\``, async () => {
        const reply = await read(name, path, rest);
        return reply?.headers['x-incus-type'] === 'symlink' ? reply.body.trim() : null;
      }),

    readFile: (name, path) =>
      withErrorContext(`reading ${path} in \`${name}\``, async () => {
        const reply = await read(name, path, rest);
        return reply?.headers['x-incus-type'] === 'file' ? reply.body : null;
      }),

    readBytes: (name, path, mostBytes) =>
      withErrorContext(`reading ${path} in \`${name}\``, async () =>
        fileIn(await read(name, path, rest, { mostBytes, encoding: 'latin1' })),
      ),

    readDirectory: (name, path) =>
      withErrorContext(`reading ${path} in \`${name}\``, async () => {
        const reply = await read(name, path, rest);
        if (reply?.headers['x-incus-type'] !== 'directory') return null;
        return (unwrap(reply.body).metadata ?? []) as readonly string[];
      }),
  };
}

function filesAt(name: string, path: string): string {
  return instanceUrl(name, `/files?path=${encodeURIComponent(path)}`);
}

/** The daemon only takes them for a file that is not there yet; one that is keeps its own (seen with 6.0.4). */
function headersOf(
  type: 'file' | 'directory' | 'symlink',
  { uid, gid, mode }: FileAccess,
): Record<string, string> {
  return {
    'X-Incus-type': type,
    'X-Incus-uid': String(uid),
    'X-Incus-gid': String(gid),
    'X-Incus-mode': mode,
  };
}

/** Whose it is stands in the headers as they are sent. */
function fileIn(reply: Reply | null): GuestFile | null {
  const { headers = {}, body = '' } = reply ?? {};
  const of = (name: string) => String(headers[`x-incus-${name}`] ?? '');
  if (of('type') !== 'file') return null;
  const access = { uid: Number(of('uid')), gid: Number(of('gid')), mode: of('mode') };
  return { content: Buffer.from(body, 'latin1'), access };
}

async function read(
  name: string,
  path: string,
  rest: RestClient,
  options: RequestOptions = {},
): Promise<Reply | null> {
  const reply = await askFile(() =>
    rest.raw('GET', filesAt(name, path), { mostBytes: FILE_BYTES, ...options }),
  );
  if (reply.status === 404) return null;
  if (reply.status !== 200) unwrap(reply.body);
  return reply;
}

function isFile(content: Uint8Array, { uid, gid, mode }: FileAccess, reply: Reply | null): boolean {
  const there = fileIn(reply);
  if (!there || Buffer.compare(there.content, content) !== 0) return false;
  const { access } = there;
  return access.uid === uid && access.gid === gid && parseInt(access.mode, 8) === parseInt(mode, 8);
}

function isLinkTo(target: string, reply: Reply | null): boolean {
  return typeIn(reply) === 'symlink' && reply?.body.trim() === target;
}

function typeIn(reply: Reply | null): unknown {
  return reply?.headers['x-incus-type'];
}

async function remove(name: string, path: string, rest: RestClient): Promise<void> {
  const reply = await askFile(() => rest.raw('DELETE', filesAt(name, path)));
  const removed = reply.status === 404 ? Promise.resolve() : unwrapReply(reply);
  await ensure(removed, async () => (await read(name, path, rest)) === null);
}

/** An error that was answered, as a rejection. */
async function unwrapReply({ body }: Reply): Promise<void> {
  await Promise.resolve();
  unwrap(body);
}

/**
 * A guest that stops takes the helper with it that reads its files, and an idle one ends by itself: the daemon starts
 * another for the next request.
 */
async function askFile(request: () => Promise<Reply>): Promise<Reply> {
  for (let n = 1; ; n++) {
    const reply = await request();
    if (!isCutOff(reply) || n >= FILE_ATTEMPTS) return reply;
  }
}

/** Its socket was gone already, or it ended once the request had reached it. */
function isCutOff({ status, body }: Reply): boolean {
  return status === 500 && (body.includes('forkfile.sock') || /"error":\s*"EOF"/.test(body));
}
