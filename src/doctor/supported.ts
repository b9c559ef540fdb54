/** The oldest of each that pets was run with or, of nixpkgs, has the options that it sets. docs/host.md has the range. */
export const OLDEST = { incus: '6.0.4', nix: '2.8', node: '20.19', nixpkgs: '22.05' } as const;
