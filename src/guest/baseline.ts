import type { AppName } from '../domain/names.js';
import type { GuestResult, Incus } from '../domain/services.js';
import { LABEL, parseNames } from '../domain/labels.js';
import { BIN } from './ask.js';
import { isBooted } from './awake.js';
import { PRELUDE, UNITS } from './shell.js';
import { isAiling, unitsIn } from './units.js';

/** The units that had failed before an app was changed: that they fail afterwards too says nothing against the change. */
export type Baseline = () => Promise<ReadonlySet<string>>;

const ANSWER_MS = 15_000;
/** Whoever has more of them has other worries; they stand on the instance. */
const MOST = 50;
const NAME = /^[\w:.\\@-]{1,255}$/;

/** Notes them on the instance, where a run that comes after one that was killed finds them too. */
export async function takeBaseline(incus: Incus, app: AppName, limitMs: number): Promise<void> {
  const answerMs = Math.min(limitMs, ANSWER_MS);
  const guest = { incus, app, deadline: Date.now() + answerMs, during: 'before it was changed' };
  const command = [`${BIN}/bash`, '-c', `${PRELUDE}${UNITS}units '*'`];
  const answer = await isBooted(guest)
    // A boot that does not end has failed units too.
    .then(() => incus.query(app, command, answerMs))
    .catch(() => null);
  // A guest in a bad way is what a change may put right; what was known of it stays.
  if (answer?.exitCode !== 0) return;
  const failing = failingIn(answer);
  const { config } = await incus.instance(app);
  if ((config[LABEL.failingUnits] ?? '') !== failing)
    await incus.setConfig(app, { [LABEL.failingUnits]: failing });
}

function failingIn({ stdout }: GuestResult): string {
  const names = unitsIn(stdout)
    .filter(isAiling)
    .map(({ id }) => id);
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .slice(0, MOST)
    .join(' ');
}

/** Asked for once, when it is needed. */
export function baselineOf(incus: Incus, app: AppName): Baseline {
  let asked: ReturnType<Baseline> | undefined;
  const ask = async () => {
    const { config } = await incus.instance(app);
    return new Set(parseNames(config[LABEL.failingUnits]));
  };
  return () => (asked ??= ask());
}
