import { failed, type Finding, ok, unknown } from '../domain/finding.js';
import type { Problem } from '../domain/problem.js';
import { OLDEST } from './supported.js';
import { isAtLeast } from './version.js';

/** `said`: `nix (Nix) 2.18.1`, `nix (Lix, like Nix) 2.91.1`, `nix (Determinate Nix 3.6.2) 2.29.0`. */
export type ProgramFacts = { readonly problem: Problem } | { readonly said: string };

export function program(facts: ProgramFacts): Finding {
  if ('problem' in facts)
    return failed(facts.problem.message, 'install Nix: https://nixos.org/download, or `apt install nix-bin`');
  const version = /(\d+\.\d+[\d.]*)\S*$/m.exec(facts.said.trim())?.[1];
  if (version === undefined) return unknown(`\`nix --version\` says: ${facts.said}`);
  if (isAtLeast(version, OLDEST.nix)) return ok(`version ${version}`);
  return failed(`version ${version}; pets needs ${OLDEST.nix} or newer`, 'upgrade Nix: nix upgrade-nix');
}

export type FlakesFacts = {
  /** With the options that pets gives. */
  readonly works: boolean;
  readonly said: string;
  /** In nix.conf. */
  readonly isEnabled: boolean;
};

export function flakes({ works, said, isEnabled }: FlakesFacts): Finding {
  const isAboutFlakes = said.trim() === '' || /experimental|unrecogni[sz]ed|unknown/.test(said);
  if (!works && !isAboutFlakes) return unknown(`nothing could be evaluated: ${lastLine(said)}`);
  if (!works)
    return failed(
      `flakes do not work: ${lastLine(said) || 'this Nix has none'}`,
      'put `experimental-features = nix-command flakes` into /etc/nix/nix.conf',
    );
  return ok(isEnabled ? 'enabled' : 'not enabled in nix.conf; pets turns them on for what it runs itself');
}

export type StoreFacts = { readonly answers: boolean; readonly said: string };

export function store({ answers, said }: StoreFacts): Finding {
  if (answers) return ok('the store answers');
  const isDenied = /not permitted|permission denied/i.test(said);
  const fix = isDenied
    ? 'use the user who owns /nix, or Nix for several users, with its daemon'
    : 'systemctl start nix-daemon';
  return failed(`the store does not answer: ${lastLine(said)}`, fix);
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
