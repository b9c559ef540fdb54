import { isAbsolute } from 'node:path';

export type Variables = Readonly<Record<string, string | undefined>>;

/** What passes to the programs that pets itself chooses; docs/security.md says why. */
export const PASSED = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TERM', 'LANG', 'LANGUAGE', 'LC_*', 'LOCALE_ARCHIVE'],
  ...['XDG_CONFIG_HOME', 'XDG_CONFIG_DIRS', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'],
  ...['NIX_CONFIG', 'NIX_CONF_DIR', 'NIX_USER_CONF_FILES', 'NIX_REMOTE', 'NIX_DAEMON_SOCKET_PATH'],
  ...['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'],
  ...['http_proxy', 'https_proxy', 'ftp_proxy', 'all_proxy', 'no_proxy'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['NIX_SSL_CERT_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', 'GIT_SSL_CAPATH'],
  ...['NIX_SSHOPTS', 'SSH_AUTH_SOCK', 'SSH_ASKPASS', 'SSH_ASKPASS_REQUIRE', 'AWS_*'],
  ...['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_SSH_VARIANT', 'GIT_ASKPASS', 'GNUPGHOME', 'KRB5CCNAME'],
  ...['DISPLAY', 'WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'],
] as const;

const NAMES: ReadonlySet<string> = new Set(PASSED.filter((name) => !name.endsWith('*')));
const PREFIXES = PASSED.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));

/**
 * For a program that pets itself chooses (git, nix): nothing of the surroundings decides what it reads, and
 * no secret that is in a variable gets into it.
 */
export function environmentFor(program: string, own: Variables): Record<string, string> {
  const passed = pick(own, (name) => NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix)));
  return {
    ...passed,
    ...(passed['PATH'] !== undefined && { PATH: absoluteOnly(passed['PATH']) }),
    ...gitVariables(),
    // Nix fetches by it; pets' own git only looks.
    ...(program === 'git' && { GIT_ALLOW_PROTOCOL: '' }),
  };
}

/** git's own names (`git rev-parse --local-env-vars`) for what makes it see another repository, without its settings. */
const OF_A_REPOSITORY = new Set([
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_IMPLICIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_INDEX_FILE', 'GIT_PREFIX'],
  ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH', 'GIT_CONFIG'],
  ...['GIT_GRAFT_FILE', 'GIT_SHALLOW_FILE', 'GIT_NO_REPLACE_OBJECTS', 'GIT_REPLACE_REF_BASE'],
]);

/** For a program that a person names: what the person has, but not the repository of a hook that pets was run by. */
export function personalEnvironment(own: Variables): Record<string, string> {
  return pick(own, (name) => !OF_A_REPOSITORY.has(name));
}

function pick(variables: Variables, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(variables).flatMap(([name, value]) =>
    value !== undefined && isWanted(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** A relative folder, or an empty name for the current one, would be that of an app. */
function absoluteOnly(path: string): string {
  return path.split(':').filter(isAbsolute).join(':');
}

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
