import { NOTICE_KINDS } from '../../domain/alert.js';
import type { Notify } from '../../domain/manifest.js';
import type { Checked, Say } from '../check.js';
import type { ManifestSchema } from '../schema.js';
import { checkSource, outsideSourceOf } from './secrets.js';

type Written = NonNullable<Checked<ManifestSchema['top']>['notify']>;

const PATH = ['notify'];
const URL_OF = {
  what: 'a URL',
  oneOf: 'one of `file`, `sops`, `env` and `command`',
  example: 'url = { file = "./secrets/notify-url" }',
};

/** What the keys of the table must be to one another. */
export function checkNotify({ command, url, format }: Written, say: Say): void {
  if (command === undefined && url === undefined) {
    const message = '`command` or `url` is needed: there is nobody to tell';
    const hint = 'url = "https://ntfy.example/pets"\nformat = "ntfy"';
    say({ code: 'manifest-missing-key', path: PATH, at: 'key', message, hint });
  }
  if (url === undefined && format !== undefined) {
    const message = 'has no effect without `url`';
    say({ code: 'manifest-conflict', path: [...PATH, 'format'], at: 'key', message });
  }
  if (typeof url === 'object') checkSource(url, URL_OF, [...PATH, 'url'], say);
}

export function notifyOf({ command, url, format = 'json', on }: Written): Notify {
  const wanted = new Set<string>(on ?? NOTICE_KINDS.filter((kind) => kind !== 'updated'));
  return {
    command: command ?? null,
    url: typeof url === 'string' ? { kind: 'written', url } : url === undefined ? null : outsideSourceOf(url),
    format,
    on: NOTICE_KINDS.filter((kind) => wanted.has(kind)),
  };
}
