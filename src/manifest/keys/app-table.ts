import type { FlakeRef, NixValue } from '../../domain/manifest.js';
import type { StoreMode } from '../../domain/store-mode.js';
import { formatValue } from '../toml.js';
import { formatKey } from '../../domain/nix-value.js';

/** What is known of an app that no manifest has yet. Null: the key is left out. */
export type AppTable = {
  readonly name: string;
  readonly 'flake-ref': string;
  readonly port: number | null;
  readonly listen: string | null;
  readonly nixpkgs: string | null;
  readonly store: StoreMode | null;
};

/** `[apps.<name>]` with its keys, a line each. */
export function printTable({ name, ...keys }: AppTable): string {
  const lines = Object.entries<NixValue | null>(keys).flatMap(([key, value]) =>
    value === null ? [] : [`${key} = ${formatValue(value)}`],
  );
  return [`[apps.${formatKey(name)}]`, ...lines, ''].join('\n');
}

/** A manifest's text with a table behind all that it has, which stays as it is, byte for byte. */
export function appendTable(text: string, table: string): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const gap = text === '' || text.endsWith('\n') ? end : `${end}${end}`;
  return `${text}${gap}${table.replaceAll('\n', end)}`;
}

/** As it is understood from any folder: a local flake by its absolute path. */
export function writtenAbsolutely({ written, url, directory }: FlakeRef): string {
  if (directory === undefined) return written;
  const fragment = written.includes('#') ? written.slice(written.indexOf('#')) : '';
  // `./web`, but not `path:./web`, means what git tracks.
  return `${/^[./]/.test(written) ? directory : url}${fragment}`;
}
