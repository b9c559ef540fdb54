import type { AppTable, FlakeRef, NixValue } from '../../domain/manifest.js';
import { formatValue } from '../toml.js';
import { formatKey } from '../../domain/nix-value.js';

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
