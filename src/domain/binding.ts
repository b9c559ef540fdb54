import ipaddr from 'ipaddr.js';
import type { IpAddress, Port } from './names.js';

/** A host address and port on which something listens, tcp. */
export type Listen = { readonly address: IpAddress; readonly port: Port };

/** What a forwarder listens on: ports `first` to `last` of an address (one port: both the same), or a socket file. */
export type Binding =
  | {
      readonly protocol: 'tcp' | 'udp';
      readonly address: IpAddress;
      readonly first: Port;
      readonly last: Port;
    }
  | { readonly protocol: 'unix'; readonly path: string };

/** A proxy device's side as Incus writes it: one address, ports as inclusive ranges. */
export type ProxyPorts = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: IpAddress;
  readonly ports: readonly (readonly [from: Port, to: Port])[];
};

const ANY_V4 = '0.0.0.0';
/** Dual-stack: Incus' forwarder that listens on it takes the IPv4 port as well. */
const ANY_V6 = '::' as IpAddress;

export function toPort(value: number): Port | null {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? (value as Port) : null;
}

/** Decimal, no sign, no leading zero. */
export function parsePort(text: string): Port | null {
  return /^[1-9]\d{0,4}$/.test(text) ? toPort(Number(text)) : null;
}

/**
 * A literal address in its canonical form (RFC 5952); an IPv4-mapped IPv6 address is the IPv4 address it means,
 * which is what the kernel and Incus make of it. No host names, zone ids, ports, octal or short forms.
 */
export function parseIp(text: string): IpAddress | null {
  const address = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return address as IpAddress | null;
}

function parseIpv4(text: string): string | null {
  return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.IPv4.parse(text).toString() : null;
}

/** ipaddr.js alone accepts five-digit groups and octal tails, and reads `::1.2.3.4` as `::ffff:1.2.3.4`. */
function parseIpv6(text: string): string | null {
  const hex = text.replace(/[^:]*\.[^:]*$/, tailGroups);
  if (!hex.split(':').every((group) => /^[\da-f]{0,4}$/i.test(group)) || !ipaddr.IPv6.isValid(hex))
    return null;
  const address = ipaddr.IPv6.parse(hex);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/** The last 32 bits when written as IPv4: `1.2.3.4` → `102:304`. As it was if it is none. */
function tailGroups(tail: string): string {
  if (parseIpv4(tail) === null) return tail;
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).octets;
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** `127.0.0.1:7700`, `[::1]:7700`. */
export function formatListen(listen: Listen): string {
  return `${bracketAddress(listen.address)}:${listen.port}`;
}

/** The inverse of `formatListen`. */
export function parseListen(text: string): Listen | null {
  const parts = splitHostPort(text);
  const address = parts && parseIp(parts.host);
  const port = parts && parsePort(parts.port);
  return address && port ? { address, port } : null;
}

export function bindingOf({ address, port }: Listen): Binding {
  return { protocol: 'tcp', address, first: port, last: port };
}

/** `127.0.0.1:7700`, `[::1]:7700-7709`, `0.0.0.0:53/udp`, `unix:/run/web.sock`. */
export function formatBinding(binding: Binding): string {
  if (binding.protocol === 'unix') return `unix:${binding.path}`;
  return `${hostAndPorts(binding)}${binding.protocol === 'udp' ? '/udp' : ''}`;
}

/**
 * Whether only one of the two can listen at a time. Both wildcards cover both families: Incus' forwarder binds
 * 0.0.0.0 as the dual-stack `::` (Go's net.Listen does; seen in /proc/net/tcp6).
 */
export function overlaps(a: Binding, b: Binding): boolean {
  if (a.protocol === 'unix' || b.protocol === 'unix')
    return a.protocol === 'unix' && b.protocol === 'unix' && a.path === b.path;
  const sharesAddress = a.address === b.address || isWildcard(a) || isWildcard(b);
  return a.protocol === b.protocol && sharesAddress && a.first <= b.last && b.first <= a.last;
}

/** The sockets that Incus' forwarder opens for a binding, as the kernel shows them: one for each port. */
export function socketsOf(binding: Binding): string[] {
  if (binding.protocol === 'unix') return [`unix ${binding.path}`];
  const { protocol, first, last } = binding;
  const address = isWildcard(binding) ? ANY_V6 : binding.address;
  return Array.from({ length: last - first + 1 }, (_, i) => `${protocol} ${address} ${first + i}`);
}

export function isWildcard({ address }: { readonly address: IpAddress }): boolean {
  return address === ANY_V6 || address === ANY_V4;
}

/** What a proxy device's `listen` is given: `tcp:127.0.0.1:7700`, `unix:/run/web.sock`. */
export function proxyListen(binding: Binding): string {
  if (binding.protocol === 'unix') return `unix:${binding.path}`;
  return `${binding.protocol}:${hostAndPorts(binding)}`;
}

/** What a proxy device listens on, where it is what pets would write, or means the same. */
export function parseProxyListen(text: string): Binding | null {
  if (text.startsWith('unix:/')) return { protocol: 'unix', path: text.slice('unix:'.length) };
  const parsed = parseProxyPorts(text);
  const [range, ...others] = parsed?.ports ?? [];
  if (!parsed || !range || others.length > 0) return null;
  return { protocol: parsed.protocol, address: parsed.address, first: range[0], last: range[1] };
}

function hostAndPorts({ address, first, last }: Exclude<Binding, { protocol: 'unix' }>): string {
  return `${bracketAddress(address)}:${first}${last === first ? '' : `-${last}`}`;
}

/** `tcp:IP:PORT[-PORT][,PORT…]`; no address means every one. Null for unix sockets, host names and nonsense. */
export function parseProxyPorts(text: string): ProxyPorts | null {
  const [, protocol, rest = ''] = /^(tcp|udp):(.*)$/.exec(text) ?? [];
  const parts = splitHostPort(rest);
  if ((protocol !== 'tcp' && protocol !== 'udp') || !parts) return null;
  const address = parts.host === '' ? ANY_V6 : parseIp(parts.host);
  const ports = parts.port.split(',').map(parseRange);
  return address && ports.every((range) => range !== null) ? { protocol, address, ports } : null;
}

function parseRange(text: string): readonly [Port, Port] | null {
  const [first = '', last = first, ...more] = text.split('-');
  const from = parsePort(first);
  const to = parsePort(last);
  return from && to && from <= to && more.length === 0 ? [from, to] : null;
}

/** Where a browser on this host finds it. */
export function urlOf({ address, port }: Listen): string {
  return `http://${bracketAddress(reachable(address))}:${port}`;
}

/** The address at which this host reaches what listens there: a wildcard over loopback. */
export function reachable(address: IpAddress): string {
  if (address === ANY_V4) return '127.0.0.1';
  return address === ANY_V6 ? '::1' : address;
}

/** Like Go's `net.SplitHostPort`: an address with colons must be in brackets, and only such a one. */
function splitHostPort(text: string): { host: string; port: string } | null {
  const [, v6, other = '', port = ''] = /^(?:\[([^\]]*:[^\]]*)\]|([^[\]:]*)):([^:]*)$/.exec(text) ?? [];
  return port === '' ? null : { host: v6 ?? other, port };
}

function bracketAddress(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
