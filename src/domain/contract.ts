import type { Problem } from './problem.js';

/** What a flake has of the contract, as nix/contract.nix finds it. Null: it could not be seen, or is not there. */
export type Facts = {
  /** What the reference picks: a module, or a whole system. Null: the flake has no such output. */
  readonly kind: 'module' | 'system' | null;
  /** Of the nixpkgs it was looked at with: `25.11.20260110.e1a2b3c`. */
  readonly version: string | null;
  /** Names, as all the lists here. */
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
  /** Whether it has a flake.lock. */
  readonly isLocked: boolean;
  /** Platforms that it has packages for. */
  readonly platforms: readonly string[];
  /** For this host's platform. */
  readonly packages: readonly string[];
  /** Of each of `packages`. */
  readonly mainPrograms: Readonly<Record<string, string | null>>;
  readonly modules: readonly string[];
  /** Modules of home-manager, with the output they are in: `homeManagerModules.default`. */
  readonly homeModules: readonly string[];
  /** That the module cannot do without. */
  readonly arguments: readonly string[];
  /** That `nixosModules.default` declares; without it and `nixosModules.incus`, that any other module does. */
  readonly services: Readonly<Record<string, DeclaredService>> | null;
  /** What the module sets. */
  readonly settings: Settings | null;
  /** The derivation of the whole system. */
  readonly drv: string | null;
};

/** Of what is not there, or was not seen. */
export const NO_FACTS: Facts = {
  ...{ kind: null, version: null, outputs: [], inputs: [], isLocked: false, platforms: [], packages: [] },
  ...{ modules: [], homeModules: [], arguments: [], mainPrograms: {}, services: null, settings: null },
  drv: null,
};

/** `module`: its name among `nixosModules`. */
export type DeclaredService = { readonly module: string; readonly options: readonly ServiceOption[] };

/** `name`: the path below the service, as Nix code (`settings.port`). `type`: in words, as NixOS has them. */
export type ServiceOption = { readonly name: string; readonly type: string | null };

export type Setting = string | number | boolean | null;

export type Settings = {
  readonly enable: Setting;
  readonly hostname: string | null;
  readonly stateVersion: string | null;
  /** By service, and by the option's name. */
  readonly services: Readonly<Record<string, Readonly<Record<string, Setting>>>>;
  /** Ports that the firewall is told to open, by other modules than pets'. */
  readonly opened: readonly { readonly file: string; readonly ports: readonly number[] }[];
};

/**
 * `problem`: what Nix said, where the whole system does not evaluate; `unseen`: what it said of facts that could not
 * be seen.
 */
export type Inspection = {
  readonly facts: Facts;
  readonly problem: Problem | null;
  readonly unseen: Readonly<Partial<Record<keyof Facts, Problem>>>;
};

/**
 * One demand of the contract. `unknown`: it cannot be seen, because something else is missing.
 * `found`: what is there, or why it is not right; `write`: Nix code that makes it right.
 */
export type ContractItem = {
  readonly name: string;
  readonly status: 'ok' | 'missing' | 'wrong' | 'unknown';
  readonly found: string | null;
  readonly write: string | null;
};

/** `attribute`: what the reference picks, as written. `platform`: `x86_64-linux`. */
export type Examined = Inspection & { readonly attribute: string; readonly platform: string };
