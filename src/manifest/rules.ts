import type { KeyPath } from '../domain/problem.js';
import type { Say, PartialApp } from './check.js';
import { volumesOf } from './draft.js';
import { resolvePath } from './path.js';
import { checkPublish } from './keys/publish.js';
import { checkSecrets } from './keys/secrets.js';
import { quote } from '../lib/format.js';
import { formatKeyPath } from './text.js';
import { checkTrust } from './keys/trust.js';

/** What the keys of one app must be to one another. */
export function checkApp(draft: PartialApp, say: Say): void {
  checkSource(draft, say);
  draft.keys.publish?.forEach((one, i) => {
    checkPublish(one, [...draft.path, 'publish', i], say);
  });
  checkMounts(draft, say);
  checkSecrets(draft, say);
  checkStateful(draft, say);
  checkTrust(draft, say);
}

function checkStateful({ path, keys, written }: PartialApp, say: Say): void {
  const hasNone = keys.volumes ? keys.volumes.length === 0 : !written.has('volumes');
  if (keys.stateful !== true || !hasNone) return;
  const hint = 'only volumes are snapshotted: a bind is the host’s own';
  say({
    code: 'manifest-conflict',
    path: [...path, 'stateful'],
    at: 'value',
    message: 'has no effect without `volumes`',
    hint,
  });
}

const SOURCES = ['flake-ref', 'config', 'toplevel'];
/** What a system is assembled with. */
const PARTS = ['nixpkgs', 'modules', 'nixos'];

function checkSource({ path, written }: PartialApp, say: Say): void {
  const [first, ...others] = SOURCES.filter((key) => written.has(key));
  if (first === undefined) {
    const message = 'exactly one of `flake-ref`, `config` and `toplevel` is needed';
    const image = written.has('image') ? '`image` is only what a store of its own begins with' : null;
    const hint = ['flake-ref = "github:owner/repo"', image].filter((line) => line !== null).join('\n');
    say({ code: 'manifest-conflict', path, at: 'key', message, hint });
  }
  for (const key of others) {
    const message = `an app has exactly one of \`flake-ref\`, \`config\` and \`toplevel\`; this one has \`${first ?? ''}\``;
    say({
      code: 'manifest-conflict',
      path: [...path, key],
      at: 'key',
      message,
      hint: 'take one of them out',
    });
  }
  if (!written.has('toplevel') || others.length > 0) return;
  for (const key of PARTS.filter((part) => written.has(part))) {
    const message = 'has no effect with `toplevel`: that system is built already';
    say({ code: 'manifest-conflict', path: [...path, key], at: 'key', message });
  }
}

type Mount = { readonly at: string; readonly path: KeyPath; readonly what: string };

/** Only one can be at a path, and none below another: Incus mounts onto folders that are there, and makes none. */
function checkMounts(draft: PartialApp, say: Say): void {
  const taken = new Map<string, Mount>();
  const mounts = mountsOf(draft);
  for (const mount of mounts) {
    const outer = mounts.find(({ at }) => mount.at.startsWith(`${at}/`));
    if (outer) {
      const message = `${quote(mount.at)} is inside of ${outer.what}, which is mounted at ${quote(outer.at)}`;
      say({
        code: 'manifest-conflict',
        path: mount.path,
        at: 'value',
        message,
        hint: 'mount it beside that',
      });
    }
    const other = taken.get(mount.at);
    if (other) {
      const message = `${quote(mount.at)} is where ${other.what} is mounted`;
      say({
        code: 'manifest-conflict',
        path: mount.path,
        at: 'value',
        message,
        hint: 'give one of them another path',
      });
    } else taken.set(mount.at, mount);
  }
}

function mountsOf({ path, keys }: PartialApp): Mount[] {
  const volumes = volumesOf(keys).map((volume) => ({
    at: volume.path,
    path: [...path, 'volumes', volume.name],
    what: `the volume \`${volume.name}\``,
  }));
  const binds = (keys.binds ?? []).map((bind, i) => ({
    at: bind.path,
    path: [...path, 'binds', i],
    what: `the bind of ${quote(bind.source.written)}`,
  }));
  const disks = (keys.incus?.devices ?? []).flatMap(([name, { type, path: at }]) =>
    type === 'disk' && at !== undefined
      ? {
          at: resolvePath('/', at),
          path: [...path, 'incus', 'devices', name],
          what: `the device \`${formatKeyPath([name])}\``,
        }
      : [],
  );
  return [...volumes, ...binds, ...disks];
}
