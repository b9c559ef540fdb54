import type { AppName } from '../domain/names.js';
import type { Incus } from '../domain/services.js';
import { BIN } from './ask.js';

/** A line of a guest's journal. */
export type LogEntry = {
  /** Where the journal is at: what is read after it comes next. */
  readonly cursor: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The unit that it is from or about. */
  readonly unit: string | null;
  /** Who says it: `nginx[12]`. */
  readonly source: string;
  /** syslog's, 0 (emergency) to 7 (debug). */
  readonly priority: number;
  /** It may have several lines. */
  readonly message: string;
  /** Whether it says that the guest begins to go down. */
  readonly isEnd: boolean;
};

/**
 * Services that every NixOS guest has, and Debian's like them: what an app ships is what is left. Only names: where a
 * unit's file comes from says nothing, on NixOS each is made anew.
 */
const SYSTEM_SERVICES = new RegExp(
  `^(?:${[
    'systemd-.*',
    'user(?:-runtime-dir)?@.*',
    '(?:serial-|console-|container-)?getty.*',
    'dbus.*|polkit|nscd|nsncd',
    'nix-(?:daemon|gc|optimise)|nixos-.*|register-nix-paths',
    'network-.*|dhcpcd|resolvconf|firewall|nftables',
    'logrotate.*|kmod.*|modprobe@.*|mount-pstore|lastlog2-import',
    '(?:suid-sgid-wrappers|reload-systemd-.*|linger-users|prepare-kexec|post-boot|pre-sleep|post-resume)',
    'rescue|emergency|initrd-.*|generate-shutdown-ramfs|save-hwclock',
  ].join('|')})\\.service$`,
);

/** Whether a unit is a service of the app, and not of the system that it runs on. */
export function isOwnUnit(unit: string): boolean {
  return unit.endsWith('.service') && !SYSTEM_SERVICES.test(unit);
}

const ANSWER_MS = 30_000;

/** The app's own services that have said something, or of which systemd has; they may be gone by now. */
export async function ownUnits(incus: Incus, app: AppName): Promise<readonly string[]> {
  const lists = await Promise.all(
    ['_SYSTEMD_UNIT', 'UNIT'].map((field) =>
      incus.query(app, [`${BIN}/journalctl`, `--field=${field}`], ANSWER_MS),
    ),
  );
  const units = lists.flatMap(({ stdout }) => stdout.split('\n'));
  return [...new Set(units)].filter(isOwnUnit).sort();
}

export type LogQuery = {
  /** Names or patterns; null: all that there is. */
  readonly units: readonly string[] | null;
  /** Milliseconds since the epoch. */
  readonly since: number | null;
  /** So many of the newest; null: all. */
  readonly tail: number | null;
  /** Only what comes after this cursor. */
  readonly after: string | null;
  /** Go on as more comes. */
  readonly follow: boolean;
};

/** The command whose lines `entryIn` reads. Where it follows, journalctl would begin with the last ten. */
export function journalCommand({ units, since, tail, after, follow }: LogQuery): readonly string[] {
  return [
    `${BIN}/journalctl`,
    ...['--output=json', '--all', '--quiet', '--no-pager'],
    ...(units ?? []).map((unit) => `--unit=${unit}`),
    ...(since === null ? [] : [`--since=@${Math.floor(since / 1000)}`]),
    ...(after === null ? [] : [`--after-cursor=${after}`]),
    ...(follow ? ['--follow'] : []),
    ...(tail !== null ? [`--lines=${tail}`] : follow ? ['--no-tail'] : []),
  ];
}

type Json = Readonly<Record<string, unknown>>;

/** Null for a line that is no entry. */
export function entryIn(line: string): LogEntry | null {
  const json = parseLine(line);
  const at = Number(json?.['__REALTIME_TIMESTAMP']) / 1000;
  if (!json || !Number.isFinite(at)) return null;
  const pid = textOf(json['_PID'] ?? json['SYSLOG_PID']);
  const name = textOf(json['SYSLOG_IDENTIFIER'] ?? json['_COMM']) || 'unknown';
  const unit = textOf(json['UNIT'] ?? json['OBJECT_SYSTEMD_UNIT'] ?? json['_SYSTEMD_UNIT']);
  return {
    cursor: textOf(json['__CURSOR']),
    at,
    unit: unit === '' ? null : unit,
    source: pid === '' ? name : `${name}[${pid}]`,
    priority: Number(json['PRIORITY'] ?? 6),
    message: textOf(json['MESSAGE']),
    isEnd: json['UNIT'] === 'multi-user.target' && json['JOB_TYPE'] === 'stop',
  };
}

function parseLine(line: string): Json | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

/** journald gives what is not plain text as bytes, and a field that is there twice as a list. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  if (value.every((byte) => typeof byte === 'number')) return Buffer.from(value).toString();
  return textOf(value.at(-1));
}
