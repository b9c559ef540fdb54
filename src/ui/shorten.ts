const HASH_LENGTHS = [7, 12, 20];
const LONG = 72;

/**
 * Values for one line of a diff: hashes and revisions cut, but never so far that two different values read alike.
 */
export function shortenAll(values: readonly string[]): string[] {
  const distinct = new Set(values).size;
  for (const length of HASH_LENGTHS) {
    const short = values.map((value) => shorten(value, length));
    if (new Set(short).size === distinct) return short;
  }
  return [...values];
}

function shorten(value: string, length: number): string {
  return middle(hashes(revision(value, length), length), LONG);
}

/** `github:owner/repo/<rev>?narHash=…` → `github:owner/repo@rev7`: a revision says it all. */
function revision(value: string, length: number): string {
  const forge = /^([a-z]+:[^/?#]+\/[^/?#]+)\/([0-9a-f]{40})(?:\?[^#]*)?(#.*)?$/.exec(value);
  const query = /^([^?#]+)\?(?:[^#]*&)?rev=([0-9a-f]{40})(?:&[^#]*)?(#.*)?$/.exec(value);
  const [, base, rev, fragment] = forge ?? query ?? [];
  if (base === undefined || rev === undefined) return value;
  return `${base}@${rev.slice(0, length)}${fragment ?? ''}`;
}

function hashes(value: string, length: number): string {
  return value
    .replace(/(sha(?:1|256|512)-)([A-Za-z0-9+/]{8,}(?:=|%3D)*)/g, (_, kind: string, hash: string) =>
      cut(kind, hash),
    )
    .replace(/(\/nix\/store\/)([0-9a-z]{32})(?=-)/g, (_, store: string, hash: string) => cut(store, hash))
    .replace(/()\b([0-9a-f]{40,128})\b/g, (_, before: string, hash: string) => cut(before, hash));

  function cut(before: string, hash: string): string {
    return hash.length > length ? `${before}${hash.slice(0, length)}…` : before + hash;
  }
}

function middle(value: string, limit: number): string {
  if (value.length <= limit) return value;
  const half = Math.floor((limit - 1) / 2);
  return `${value.slice(0, half)}…${value.slice(-half)}`;
}
