import type { NixValue } from '../domain/manifest.js';
import { type NixTable, formatKey, formatScalar, isList } from '../domain/nix-value.js';

/** In one line, as TOML has it. */
export function formatValue(value: NixValue): string {
  if (isList(value)) return `[${value.map(formatValue).join(', ')}]`;
  const scalar = formatScalar(value);
  if (scalar !== null) return scalar;
  const pairs = Object.entries(value as NixTable).map(
    ([key, one]) => `${formatKey(key)} = ${formatValue(one)}`,
  );
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}
