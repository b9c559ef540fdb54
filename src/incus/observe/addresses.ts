import ipaddr from 'ipaddr.js';
import { existsSync, readFileSync } from 'node:fs';

/**
 * This host's addresses, by the kernel's routes and list (/proc/net, proc(5)). Node's own list leaves out interfaces
 * without a carrier, and a bridge that no guest is on has none.
 */
export function localAddresses(): string[] {
  const routes = readFileSync('/proc/net/fib_trie', 'latin1');
  const v4 = [...routes.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
  const v6 = readIfThere('/proc/net/if_inet6').match(/^[0-9a-f]{32}/gm) ?? [];
  return [...new Set([...v4, ...v6.map(formatHex)])];
}

/** `fd000000000000000000000000000002` → `fd00::2`. */
function formatHex(hex: string): string {
  return ipaddr.parse(hex.replace(/.{4}(?=.)/g, '$&:')).toString();
}

/** A kernel without IPv6 has no such file. */
function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}
