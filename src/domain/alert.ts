import type { AppName } from './names.js';

/** What stays open until it is mended. */
export const ALERT_KINDS = [
  ...(['failed', 'rolled-back', 'unhealthy', 'drift'] as const),
  ...(['backup-failed', 'backup-late', 'update-failed', 'update-held'] as const),
  ...(['disk-full', 'cannot-run'] as const),
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** What is told: an alert that opens, that one is mended, and what is worth knowing and needs nobody. */
export const NOTICE_KINDS = [...ALERT_KINDS, 'mended', 'updated'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Something is wrong with an app, or with what all of them stand on. There is one of a kind at a time. */
export type Alert = {
  readonly kind: AlertKind;
  /** Null: with none of them, but with the host or the whole project. */
  readonly app: AppName | null;
  /** When it was found, ISO 8601. */
  readonly since: string;
  /** One line. */
  readonly message: string;
};

/** What somebody is to be told, once. */
export type Notice = {
  readonly kind: NoticeKind | 'test';
  /** Null in a test, and where `Alert` has it so. */
  readonly app: AppName | null;
  readonly at: string;
  readonly message: string;
};

/** Whom a notice goes to: the keys of [notify]. */
export const TARGETS = ['command', 'url'] as const;
export type Target = (typeof TARGETS)[number];

/** One that was not delivered yet, or not to all. */
export type Outgoing = Notice & { readonly to: readonly Target[] };

/** What is wrong, and what nobody has been told yet: the oldest first. */
export type Alerts = { readonly open: readonly Alert[]; readonly outbox: readonly Outgoing[] };

export const NO_ALERTS: Alerts = { open: [], outbox: [] };

/** What a run has shown of an app, or of what all stand on. `alert`: what is wrong now; `mends`: what is not, whether it was or not. */
export type Sighting = {
  readonly app: AppName | null;
  /** `about`: what of it `message` names. Where the alert that is open does not name one of these, this is another. */
  readonly alert: (Pick<Alert, 'kind' | 'message'> & { readonly about?: readonly string[] }) | null;
  readonly mends: readonly AlertKind[];
  /** Another system serves, and well; how, in words. */
  readonly updated: string | null;
};

type Told = { readonly open: readonly Alert[]; readonly notices: readonly Notice[] };

/** `at`: of the run, ISO 8601. What is open already is neither opened nor told again. */
export function alertsAfter(open: readonly Alert[], sightings: readonly Sighting[], at: string): Told {
  return sightings.reduce<Told>((told, sighting) => afterOne(told, sighting, at), { open, notices: [] });
}

function afterOne({ open, notices }: Told, { app, alert, mends, updated }: Sighting, at: string): Told {
  const message = alert === null ? '' : briefly(alert.message);
  const mended = open.filter((one) => one.app === app && mends.includes(one.kind));
  const left = open.filter((one) => !mended.includes(one));
  const known = left.find((one) => one.app === app && one.kind === alert?.kind);
  const isKnown = known !== undefined && (alert?.about ?? []).every((what) => known.message.includes(what));
  const isNew = alert !== null && !isKnown;
  const more: Notice[] = [
    ...mended.map(({ kind, since }) => ({
      ...{ kind: 'mended' as const, app, at },
      message: `${KIND_WORDS[kind]} since ${since}: that is over`,
    })),
    ...(updated === null ? [] : [{ kind: 'updated' as const, app, at, message: updated }]),
    ...(isNew ? [{ kind: alert.kind, app, at, message }] : []),
  ];
  if (more.length === 0) return { open, notices };
  return {
    open: isNew
      ? [...left.filter((one) => one !== known), { kind: alert.kind, app, since: at, message }]
      : left,
    notices: [...notices, ...more],
  };
}

/** As a title has it. */
export const KIND_WORDS: Readonly<Record<Notice['kind'], string>> = {
  failed: 'failed',
  'rolled-back': 'rolled back',
  unhealthy: 'unhealthy',
  drift: 'changed by hand',
  'backup-failed': 'backup failed',
  'backup-late': 'backup late',
  'update-failed': 'update failed',
  'update-held': 'update waits',
  'disk-full': 'disk nearly full',
  'cannot-run': 'cannot run',
  mended: 'well again',
  updated: 'updated',
  test: 'test',
};

/** Characters of a reason: it goes to a phone. */
const LONGEST = 500;

/** One line, with nothing in it that a terminal would act upon. */
function briefly(message: string): string {
  const line = message.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
