import * as v from 'valibot';
import { listOf, refuse, text } from './kinds.js';
import { quote } from '../../lib/format.js';
import { integer } from '../values.js';

/** What may stand in the first line of a request: no space, and nothing that must be escaped. */
const PATH = '^/[!"$-~]*$';

export const requestPath = text<string>(
  'a path such as "/healthz"',
  (written) => {
    if (new RegExp(PATH).test(written)) return written;
    const hint = written.startsWith('/') ? 'visible ASCII; all else is written "%20"' : 'it begins with `/`';
    return refuse(`expected a path such as "/healthz", got ${quote(written)}`, hint);
  },
  { pattern: PATH },
);

/** A name or an address as a client writes it, with a port or without. */
const HOST = '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$';

export const hostName = text<string>(
  'a host name such as "notes.example.org"',
  (written) => {
    if (new RegExp(HOST).test(written) && written.length <= 255) return written;
    const meant = /^https?:\/\/([^/]+)/.exec(written)?.[1];
    const hint = meant !== undefined && new RegExp(HOST).test(meant) ? `did you mean ${quote(meant)}?` : null;
    return refuse(`expected a host name such as "notes.example.org", got ${quote(written)}`, hint);
  },
  { pattern: HOST },
);

/** Those below 200 are no answers: another one follows. */
export const statusCodes = v.pipe(
  listOf(integer(200, 599), 'status codes such as [200, 204]'),
  v.nonEmpty('no answer would do: the list is empty'),
  v.transform((codes) => [...new Set(codes)].sort((a, b) => a - b)),
);

const KINDS = 'service|socket|target|timer|path|mount|automount|swap|slice|scope|device';
/** What systemd takes for the name of a unit, but for templates. */
const UNIT = `^[A-Za-z0-9:_.\\\\][A-Za-z0-9:_.\\\\-]*(@[A-Za-z0-9:_.\\\\@-]+)?\\.(${KINDS})$`;

export const unitName = text<string>(
  'the name of a unit such as "web.service"',
  (written) => {
    if (new RegExp(UNIT).test(written) && written.length <= 255) return written;
    return refuse(
      `expected the name of a unit such as "web.service", got ${quote(written)}`,
      unitHint(written),
    );
  },
  { pattern: UNIT },
);

function unitHint(written: string): string | null {
  if (new RegExp(`@\\.(${KINDS})$`).test(written)) return 'of a template one of its units: "web@1.service"';
  const meant = `${written}.service`;
  return new RegExp(UNIT).test(meant) ? `did you mean ${quote(meant)}?` : null;
}
