import type { Exec } from '../ports.js';
import type { Tools } from './assemble.js';
import { failedEvaluation } from './words.js';

/** `assembly`, `ignored`: as `nixOver` has them. */
export function toolsOver(exec: Exec, assembly: string, ignored: ReadonlySet<string>): Tools {
  const assembler = `path:${encodeURI(assembly).replace(/[?#]/g, encodeURIComponent)}`;
  const nix: Tools['nix'] = (args) =>
    exec('nix', ['--extra-experimental-features', 'nix-command flakes', ...args]);
  // Nix resolves a flake's own inputs as well: its nixpkgs is of no interest here, and large.
  const spared = ['--no-write-lock-file', '--override-input', 'nixpkgs', `${assembler}/none`];
  const metadata: Tools['metadata'] = async (url, ...more) => {
    const result = await nix(['flake', 'metadata', '--json', ...spared, ...more, url]);
    if (result.exitCode !== 0) throw failedEvaluation(`cannot fetch ${url}`, result, assembly);
    return result.stdout;
  };
  return { exec, nix, metadata, assembler, ignored };
}
