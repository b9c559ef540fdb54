import type { Source } from '../domain/desired.js';
import type { AssembledApp } from './inputs.js';
import { parameterOf } from './url.js';

/**
 * Whether the same sources may come to another system next time. `pinned`: the inputs of the app's flake that a lock
 * pins; `notes`: Nix', which name each input that it resolved.
 */
export function isUnpinned(app: AssembledApp, pinned: readonly string[], notes: string): boolean {
  const resolved = [...notes.matchAll(/^• Added input 'app\/([^'/]+)'/gm)].map(([, name = '']) => name);
  const sources = app.source.kind === 'config' ? [app.nixpkgs] : [app.source, app.nixpkgs];
  return resolved.some((name) => !pinned.includes(name)) || sources.some(followsTree);
}

/** Of a repository as it is checked out Nix sees more than its files: the commit, its time, submodules. */
function followsTree({ ref: { url } }: Source): boolean {
  return url.startsWith('git+file:') && parameterOf(url, 'rev') === null && parameterOf(url, 'ref') === null;
}
