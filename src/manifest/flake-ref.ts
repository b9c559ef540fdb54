import type { FlakeRef } from '../domain/manifest.js';
import type { Problem } from '../domain/problem.js';
import { resolveLocation } from './flake-location.js';
import { quote } from '../lib/format.js';

/** What a ref stands for: an app's flake has a module as its fragment, nixpkgs has none. */
export type FlakeRefUse = 'app' | 'nixpkgs';

const DEFAULT_ATTRIBUTE: Record<FlakeRefUse, string> = { app: 'nixosModules.incus', nixpkgs: '' };

/** `a.b`, `a."b.c"`: what Nix takes as an attribute path, less what would have to be escaped. */
const ATTRIBUTE_PATH = /^(?:[\w'-]+|"[^"\\$]+")(?:\.(?:[\w'-]+|"[^"\\$]+"))*$/;

export function isAttributePath(text: string): boolean {
  return ATTRIBUTE_PATH.test(text);
}

/** Takes a flake reference apart. Relative paths are seen from `manifestDir`, an absolute path. */
export function parseFlakeRef(
  written: string,
  manifestDir: string,
  use: FlakeRefUse = 'app',
): FlakeRef | { readonly problem: Problem } {
  const flaw = flawOf(written);
  if (flaw) return { problem: flaw };
  const hash = written.indexOf('#');
  const fragment = hash < 0 ? '' : written.slice(hash + 1);
  if (use === 'nixpkgs' && fragment !== '')
    return { problem: { code: 'reference-invalid', message: 'nixpkgs takes no attribute after `#`' } };
  if (fragment !== '' && !isAttributePath(fragment)) {
    const hint = 'a path of attributes such as nixosModules.incus';
    return {
      problem: {
        code: 'reference-invalid',
        message: `${quote(fragment)} after \`#\` is no attribute path`,
        hint,
      },
    };
  }
  const location = resolveLocation(hash < 0 ? written : written.slice(0, hash), manifestDir);
  if ('problem' in location) return location;
  return { written, ...location, attribute: fragment || DEFAULT_ATTRIBUTE[use] };
}

function flawOf(written: string): Problem | null {
  if (written === '' || written.startsWith('#'))
    return { code: 'reference-invalid', message: 'the flake reference is empty', hint: FORMS };
  // A bare path is never a URL: a space in it is a space.
  const unfit = /^[./]/.test(written) ? CONTROL : SPACE_OR_CONTROL;
  if (unfit.test(written)) {
    const what = unfit === CONTROL ? 'control characters' : 'spaces or control characters';
    const isSpaced = /^(?:path|git\+file):/.test(written) && !CONTROL.test(written);
    const hint = isSpaced ? `in a URL a space is %20: "${written.replaceAll(' ', '%20')}"` : null;
    return {
      code: 'reference-invalid',
      message: `a flake reference has no ${what}, got ${quote(written)}`,
      ...(hint !== null && { hint }),
    };
  }
  if (written.startsWith('~')) {
    return {
      code: 'reference-invalid',
      message: `\`~\` is not expanded, got ${quote(written)}`,
      hint: 'write ./folder or an absolute path',
    };
  }
  return null;
}

const CONTROL = /[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029\uFFFD]/u;
const SPACE_OR_CONTROL = /[\s\p{Cc}\p{Cf}\p{Surrogate}\uFFFD]/u;
const FORMS = 'github:owner/repo, git+https://host/repo, or ./folder';
