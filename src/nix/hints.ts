import { distance } from '../lib/closest-match.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FlakeRef } from '../domain/manifest.js';
import { shellWord } from './files.js';
import type { AssembledApp } from './inputs.js';
import { wholeRepository, type Missing } from './missing.js';

/** What nix/flake.nix calls pets' own modules. */
const OURS = '[what pets sets in every app]';

/** What is known of a failed evaluation besides Nix' words. */
export type Known = {
  readonly missing: Missing | null;
  /** Whether a store path is Nix' copy of the app's own flake. */
  readonly isOwn: (storePath: string) => boolean;
};

/** What to do about an evaluation that failed, by Nix' words. */
export function hintFor(words: string, { source }: AssembledApp, known: Known): string | null {
  const outside = source.kind === 'local' ? hintOnFiles(words, source.ref, known) : null;
  if (outside !== null) return outside;
  const listed = /has no output .*?; it has: (.*)/.exec(words)?.[1];
  if (listed !== undefined && source.kind !== 'config') return otherAttribute(listed.split(', '), source.ref);
  if (/ does not exist\b/.test(words) && words.includes(`\`${OURS}'`))
    return 'this nixpkgs is too old: it lacks an option that pets sets; take NixOS 22.05 or newer';
  const near = /Did you mean [^\n]*/.exec(words)?.[0];
  return near ?? hintOnPurity(words);
}

/** In the words of Nix from 2.8 to 2.34; what cannot be had is mostly just missing. */
function hintOnPurity(words: string): string | null {
  if (/cannot look up '</.test(words))
    return 'evaluation is pure: no <nixpkgs>; `modulesPath`, an argument of modules, has NixOS’ own';
  if (/attribute 'currentSystem' missing/.test(words))
    return 'evaluation is pure: no builtins.currentSystem; modules have `pkgs.stdenv.hostPlatform.system`';
  if (/in pure evaluation mode, '\w+' (?:requires|will not|doesn't)|'getFlake' on unlocked/.test(words))
    return 'evaluation is pure: nothing is fetched without its hash or revision; an input of the flake has both';
  if (/access to (absolute )?path '.*' is forbidden/.test(words))
    return 'evaluation is pure: name the file relative to the one that uses it (`./hardware.nix`)';
  return null;
}

/** A local flake is its own folder, and of that what git tracks: what else it names is not there. */
function hintOnFiles(words: string, ref: FlakeRef, { missing, isOwn }: Known): string | null {
  if (reachesOut(words, ref, isOwn)) {
    const whole = wholeRepository(ref);
    const more = whole === null ? '' : `; ${whole} is the whole repository`;
    return `a flake is its own folder and nothing around it${more}`;
  }
  return missing && hintOnMissing(missing, ref);
}

/** To what is above it: by a path that leads to something there, or by an input of its own. */
function reachesOut(words: string, { directory = '' }: FlakeRef, isOwn: Known['isOwn']): boolean {
  const above = /'\/nix\/store\/((?![0-9a-z]{32}-)[^'\n]+)'/.exec(words)?.[1];
  if (above !== undefined) return existsSync(join(directory, '..', above));
  const parent = /relative path '.*' points outside of its parent's store path '([^'\n]+)'/.exec(words)?.[1];
  return parent !== undefined && isOwn(parent);
}

function hintOnMissing({ file, why }: Missing, ref: FlakeRef): string {
  const { directory = '' } = ref;
  const add = `git -C ${shellWord(directory)} add`;
  switch (why) {
    case 'untracked':
      return `${file} is not tracked by git, so Nix does not see it: ${add} ${shellWord(file)}`;
    case 'ignored':
      return `${file} is ignored by git, so Nix does not see it: ${add} --force ${shellWord(file)}`;
    case 'submodule':
      return `${file} is in a submodule, which Nix does not see; ${wholeRepository(ref, true) ?? 'git+file: with `submodules=1`'} has it`;
    case 'link':
      return `${file} is a link out of the flake’s folder: Nix does not see what it leads to`;
    case 'own':
      return `${file} is the manifest’s own, or one of its secrets: these are part of no flake`;
  }
}

type Ref = { readonly written: string; readonly attribute: string };

/** Modules and systems of the flake that could be meant instead: with a name like it, or whatever there is. */
function otherAttribute(listed: readonly string[], { written, attribute }: Ref): string | null {
  const usable = listed.filter((name) => /^nixos(Modules|Configurations)\./.test(name));
  const isNear = (name: string) => lastName(name) === lastName(attribute) || distance(name, attribute) <= 2;
  const near = usable.filter(isNear);
  const offered = near.length > 0 || usable.length > 3 ? near : usable;
  const [location = ''] = written.split('#');
  return offered.length === 0
    ? null
    : `did you mean ${offered.map((name) => `\`${location}#${name}\``).join(' or ')}?`;
}

function lastName(attribute: string): string {
  return /("[^"]*"|[^."]+)$/.exec(attribute)?.[0] ?? attribute;
}
