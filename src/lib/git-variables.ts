/**
 * What a repository's own configuration would have git run while it only looks: a monitor of its files, and hooks, one
 * of which is run whenever the index is written.
 */
const SWITCHED_OFF = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  // A remote of this kind is any command; what a partial clone lacks would be fetched from it.
  ['protocol.ext.allow', 'never'],
] as const;

/** The arguments of a git that looks at the repository of a folder and runs nothing that is written there. */
export function gitIn(directory: string, ...args: readonly string[]): readonly string[] {
  const options = SWITCHED_OFF.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return ['--no-pager', ...options, '-C', directory, ...args];
}

/** The same for a git that another program starts (Nix does), as variables. git before 2.31 does not know them. */
export function gitVariables(): Readonly<Record<string, string>> {
  const settings = SWITCHED_OFF.flatMap(([key, value], n) => [
    [`GIT_CONFIG_KEY_${n}`, key] as const,
    [`GIT_CONFIG_VALUE_${n}`, value] as const,
  ]);
  return {
    GIT_CONFIG_COUNT: String(SWITCHED_OFF.length),
    ...Object.fromEntries(settings),
    GIT_NO_LAZY_FETCH: '1',
    // Who only looks writes no index.
    GIT_OPTIONAL_LOCKS: '0',
    // There is no terminal to ask on.
    GIT_TERMINAL_PROMPT: '0',
  };
}
