import { condemnedIn, returnsIn } from './aim.js';
import { urlOf } from '../domain/binding.js';
import { holdWords, type Hold } from '../domain/hold.js';
import { BY_HAND } from '../domain/labels.js';
import type { DesiredApp } from '../domain/desired.js';
import type { Actual, ActualApp } from '../domain/actual.js';
import type { AppPlan, Change } from '../domain/plan.js';
import type { Compared } from './compare.js';
import { storeChange as changeOfStore } from '../facets/container.js';
import { deleteChange } from '../facets/power.js';
import { volumesKept } from './notes.js';

/** `mayBeRenamed`: there are apps without a container, of which one may be this one under another name. */
export function destroyPlan(app: ActualApp, actual: Actual, prune: boolean, mayBeRenamed: boolean): AppPlan {
  return {
    app: app.name,
    verb: 'destroy',
    changes: [deleteChange(app)],
    interrupts: 'container',
    url: null,
    held: prune ? null : 'no longer in the manifest; `pets up --prune` destroys it',
    condemned: false,
    hold: null,
    notes: [
      ...(mayBeRenamed && !prune
        ? [`should it only have another name now: \`was = "${app.name}"\` in that app's table keeps it`]
        : []),
      ...volumesKept(app.name, actual),
    ],
  };
}

export function heldPlan(compared: Compared): AppPlan {
  const { app, store } = compared;
  return {
    app: app.name,
    verb: 'recreate',
    changes: [storeChange(compared)],
    interrupts: 'container',
    url: app.listen ? urlOf(app.listen) : null,
    held: `its container must be made anew for the ${store} store: what is on its root disk is lost, its volumes stay; \`pets up --recreate ${app.name}\` does it`,
    condemned: false,
    hold: null,
    notes: [],
  };
}

/** A person keeps it, or it was tried before without success: an older generation serves. */
function whyHeld({ app, aim }: Compared): string {
  if (aim.kind === 'hold-by-hand') return holdWords(app.name, aim.hold);
  const [condemned, returns] = [condemnedIn(aim), returnsIn(aim)];
  const when = condemned ? `(${minuteOf(condemned.at)} UTC)` : '';
  const tried = condemned ? `tried before: ${condemned.why} ${when}` : '';
  const before = condemned?.why === BY_HAND ? `${BY_HAND} ${when}` : tried;
  const serves = returns ? `; generation ${returns.generation} serves` : '';
  return `${before}${serves}; change it, or \`pets up --retry ${app.name}\``;
}

/** Of an app whose system is held, while other things of it are brought about. */
export function holdNotes(compared: Compared): string[] {
  const { aim, heldBack } = compared;
  if (aim.kind === 'hold-by-hand') return heldBack.length === 0 ? [] : [`its system is ${whyHeld(compared)}`];
  return condemnedIn(aim) === null ? [] : [`its system is held: ${whyHeld(compared)}`];
}

/** Who holds the app by hand, where that keeps anything back. */
export function holdOn({ aim, heldBack }: Compared): Hold | null {
  return aim.kind === 'hold-by-hand' && heldBack.length > 0 ? aim.hold : null;
}

/** All that there is to do is what a person keeps back. */
export function heldByHandPlan(compared: Compared): AppPlan {
  const { heldBack, unknown, added } = compared;
  const changes = [...heldBack, ...unknown, ...added];
  return { ...condemnedPlan(compared), changes, condemned: false, hold: holdOn(compared) };
}

/** It is held, and what serves it is not known: nothing is done to it. */
export function lostPlan({ name, listen }: DesiredApp, hold: Hold): AppPlan {
  return {
    app: name,
    verb: 'rebuild',
    changes: [],
    interrupts: 'nothing',
    url: listen ? urlOf(listen) : null,
    held: `${holdWords(name, hold)}; what serves it cannot be read in its records`,
    condemned: false,
    hold,
    notes: [],
  };
}

export function condemnedPlan(compared: Compared): AppPlan {
  const { app } = compared;
  return {
    app: app.name,
    verb: 'rebuild',
    changes: [],
    interrupts: 'nothing',
    url: app.listen ? urlOf(app.listen) : null,
    held: whyHeld(compared),
    condemned: true,
    hold: null,
    notes: [],
  };
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

export function storeChange({ actual, store }: Compared): Change {
  return changeOfStore(actual?.store ?? null, store);
}
