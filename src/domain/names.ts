declare const brand: unique symbol;

type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Incus' rule: 1–63 of [A-Za-z0-9-], no hyphen at either end, not only digits. Checked in `manifest/`. */
export type AppName = Brand<string, 'AppName'>;

/** 1–65535. */
export type Port = Brand<number, 'Port'>;

/** A literal IPv4 or IPv6 address, canonical, without brackets. */
export type IpAddress = Brand<string, 'IpAddress'>;

/** `/nix/store/<hash>-<name>`. */
export type StorePath = Brand<string, 'StorePath'>;

/** What may be the name of something, wherever it was read: a manifest, a mark, a record. */

/** Incus' rule for instance names. */
export function isAppName(text: string): text is AppName {
  return /^[A-Za-z0-9-]{1,63}$/.test(text) && !/^-|-$|^\d+$/.test(text);
}

export const NAME_RULE = 'expected a name of 1 to 63 letters, digits and hyphens';
/** `isAppName` for JSON Schema. */
export const NAME_PATTERN = '^(?=.*[A-Za-z-])[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$';

/** What to do about a name that is none: the nearest one that is, or the rest of the rule. */
export function nameHint(text: string): string {
  const near = nearestName(text);
  return near === null ? 'no hyphen at either end, and not only digits' : `did you mean \`${near}\`?`;
}

export function nearestName(text: string): AppName | null {
  const near = text
    .slice(0, 63)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return isAppName(near) ? near : null;
}

/** A volume, by its name in the app's `volumes`; a copy has a suffix: `data.copy-1`. */
export function isVolumeName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/.test(text) && !text.includes('..');
}

export const STORE_PATH = '/nix/store/[0-9abcdfghijklmnpqrsvwxyz]{32}-[0-9A-Za-z+._?=-]{1,211}';

export function isStorePath(text: string): text is StorePath {
  return new RegExp(`^${STORE_PATH}$`).test(text);
}
