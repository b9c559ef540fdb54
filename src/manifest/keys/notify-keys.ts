import * as v from 'valibot';
import { NOTICE_KINDS } from '../../domain/alert.js';
import { NOTIFY_FORMATS } from '../../domain/manifest.js';
import { quote } from '../../lib/format.js';
import { key } from '../shape.js';
import { command } from '../values.js';
import { choice, either, listOf, refuse, text } from './kinds.js';
import { outsideKeys } from './secret-keys.js';
import { NOTHING, table } from './tables.js';

const TELL = ['/etc/pets/tell'];
const NEEDED = 'this, `url` or both are required';

/** Without a user and password: who can read the manifest could read them. */
const url = text<string>(
  'a URL',
  (written) => {
    const found = URL.canParse(written) ? new URL(written) : null;
    if (found === null || !/^https?:$/.test(found.protocol))
      return refuse(`expected a URL such as "https://ntfy.example/pets", got ${quote(written)}`);
    return found.username + found.password === ''
      ? written
      : refuse(
          'a user and a password stand in it',
          'url = { file = "./secrets/notify-url" }, with the URL in that file',
        );
  },
  { pattern: '^https?://' },
);

export function notify(directory: string) {
  return table({
    command: key(v.exactOptional(command(TELL)), {
      meaning: 'a program with its arguments, which gets each notice as JSON on its standard input',
      example: TELL,
      default: NEEDED,
      details: 'Not a shell. It runs in this file’s folder, and has half a minute.',
      interrupts: NOTHING,
    }),
    url: key(v.exactOptional(either(url, table(outsideKeys(directory)))), {
      meaning: 'where each notice is sent by POST, or where that URL stands, as the value of a secret does',
      example: 'https://ntfy.example/pets',
      default: 'this, `command` or both are required',
      details: 'Who knows such a URL can often write to it: `url = { file = "./secrets/notify-url" }`.',
      interrupts: NOTHING,
    }),
    format: key(v.exactOptional(choice(NOTIFY_FORMATS)), {
      meaning: 'what the receiver of `url` takes; "slack" is that of Mattermost as well',
      example: 'ntfy',
      default: { value: 'json' },
      interrupts: NOTHING,
    }),
    on: key(v.exactOptional(listOf(choice(NOTICE_KINDS), 'notices such as ["failed", "rolled-back"]')), {
      meaning: 'what is told',
      example: ['failed', 'rolled-back'],
      default: 'all but "updated"',
      interrupts: NOTHING,
    }),
  });
}
