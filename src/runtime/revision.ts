/** `github:o/r/<rev>#…` → the first seven of the revision; a content hash is cut likewise. */
export function revisionOf(source: string | null): string | null {
  if (source === null) return null;
  const rev = /[0-9a-f]{40}/.exec(source)?.[0];
  return rev ? rev.slice(0, 7) : (/sha256-[A-Za-z0-9+/%]{8}/.exec(source)?.[0] ?? null);
}
