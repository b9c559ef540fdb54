import type { AppName, StorePath } from './model.js';

/** What may be the name of something, wherever it was read: a manifest, a mark, a record. */

/** Incus' rule for instance names. */
export function isAppName(text: string): text is AppName {
  return /^[A-Za-z0-9-]{1,63}$/.test(text) && !/^-|-$|^\d+$/.test(text);
}

/** A volume, by its name in the app's `volumes`; a copy has a suffix: `data.copy-1`. */
export function isVolumeName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/.test(text) && !text.includes('..');
}

export const STORE_PATH = '/nix/store/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+._?=-]{1,211}';

export function isStorePath(text: string): text is StorePath {
  return new RegExp(`^${STORE_PATH}$`).test(text);
}
