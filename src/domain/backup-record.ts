import * as v from 'valibot';
import { LABEL, type Labels } from './labels.js';
import { isTime, tableIn } from './record-values.js';

/** What an instance knows of its backups. */
export type BackupRecord = {
  /** When its schedule began the last one that came to an end, or was seen first, ISO 8601. */
  readonly at: string;
  /** When the newest one that is whole was taken, and where its schedule's are put; null: there was none yet. */
  readonly last: { readonly at: string; readonly folder: string } | null;
  /** It ran, and was stopped for one that its schedule began. Who is killed meanwhile has not started it again. */
  readonly stopped: boolean;
};

const LAST = v.object({ at: v.custom<string>(isTime), folder: v.string() });

export function printBackupRecord({ at, last, stopped }: BackupRecord): Labels {
  return { [LABEL.backup]: JSON.stringify({ at, last, ...(stopped && { stopped }) }) };
}

/** Null: there was none, or what stands there is not what pets writes. */
export function backupRecordIn(labels: Labels): BackupRecord | null {
  const { at, last, stopped } = tableIn(labels[LABEL.backup]) ?? {};
  if (!isTime(at)) return null;
  const newest = v.safeParse(LAST, last);
  return { at, last: newest.success ? newest.output : null, stopped: stopped === true };
}
