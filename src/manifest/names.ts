import type { AppName } from '../domain/names.js';
import { isAppName } from '../domain/names.js';

export { isAppName };

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
