import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FlakeRef } from '../model.js';
import type { AssembledApp } from './inputs.js';

/** What nix/flake.nix calls pets' own modules. */
const OURS = '[what pets sets in every app]';

/** What to do about an evaluation that failed, by Nix' words. */
export function hintFor(words: string, { source }: AssembledApp): string | null {
  const outside = source.kind === 'local' ? hintOnFiles(words, source.ref) : null;
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
function hintOnFiles(words: string, { written, directory = '' }: FlakeRef): string | null {
  if (/'\/nix\/store\/(?![0-9a-z]{32}-)/.test(words)) {
    const [location = ''] = written.split('#');
    return `a flake is its own folder and nothing around it; git+file:${location.replace(/^path:/, '')} is the whole repository`;
  }
  const missing = missingFile(words);
  if (missing === null || !existsSync(join(directory, missing))) return null;
  const isInSubmodule = existsSync(join(directory, missing.split('/')[0] ?? '', '.git'));
  return isInSubmodule
    ? `${missing} is in a submodule, which Nix does not see; git+file:…?submodules=1 has it`
    : `${missing} is not tracked by git, so Nix does not see it: git -C ${directory} add ${missing}`;
}

/** The file that Nix did not find in the source, relative to it: in a copy of it, or since 2.28 in the repository. */
function missingFile(words: string): string | null {
  const copy =
    /'\/nix\/store\/[0-9a-z]{32}-source\/([^'\n]+)'(?:: No such file or directory| does not exist)/;
  const place = /[Pp]ath '\/?([^'\n]+)' (?:in the repository .* is not tracked by|does not exist in) Git\b/;
  return copy.exec(words)?.[1] ?? place.exec(words)?.[1] ?? null;
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

/** Edits from one word to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
