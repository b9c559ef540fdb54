import type { AppName } from '../../domain/names.js';
import type { AppPlan, Change, PackageChange, Plan } from '../../domain/plan.js';
import { facetOf } from '../../facets/index.js';
import { packageLines } from './packages.js';
import { shortenAll } from '../shorten.js';
import { createStyle, oneLine, type Style } from '../style.js';
import { pad, widest } from '../text.js';
import { plural } from '../../lib/format.js';
import { countPlan, interruptsWords, VERBS } from '../reporters/words.js';

export type DiffTextOptions = {
  readonly color: boolean;
  /** Of the apps of which that is known. */
  readonly packages?: ReadonlyMap<AppName, readonly PackageChange[]>;
};

/** What `pets up` would do, for people. Ends with a newline. */
export function diffText(plan: Plan, { color, packages }: DiffTextOptions): string {
  const style = createStyle(color);
  const acting = plan.apps.filter((app) => app.verb !== 'unchanged' || app.changes.length > 0);
  if (acting.length === 0) return `${noChanges(plan.apps.length)}\n`;
  const name = widest(acting.map((app) => app.app));
  const verb = widest(acting.map((app) => VERBS[app.verb].plan));
  const blocks = acting.map((app) =>
    [
      heading(app, { name, verb }, style),
      ...changeLines(app, style),
      ...packageLines(packages?.get(app.app) ?? null, style),
      ...noteLines(app, style),
    ].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\n${style.bold(`Plan: ${countPlan(plan)}.`)}\n`;
}

function noChanges(apps: number): string {
  if (apps === 0) return 'No changes. There are no apps.';
  return `No changes. ${plural(apps, 'app is', 'apps are')} as the manifest says.`;
}

function heading(app: AppPlan, widths: { name: number; verb: number }, style: Style): string {
  const { glyph, tone, plan } = VERBS[app.verb];
  const paint = style[app.held === null ? tone : 'yellow'];
  const what = app.held === null ? style.dim(interruptsWords(app)) : heldWords(app, app.held);
  const name = style.bold(app.app) + pad(app.app, widths.name).slice(app.app.length);
  return `${paint(glyph)} ${name}  ${paint(pad(plan, widths.verb))}  ${what}`;
}

function heldWords({ hold }: AppPlan, why: string): string {
  return hold === null ? `held: ${oneLine(why)}` : oneLine(why);
}

type ChangeRow = { readonly field: string; readonly value: string; readonly why: string };

function changeLines(app: AppPlan, style: Style): string[] {
  if ((app.held !== null && app.hold === null) || app.verb === 'destroy') return [];
  const rows = app.changes.filter(isTelling).map((change) => changeRow(change, app));
  const field = widest(rows.map((row) => row.field));
  const value = widest(rows.filter((row) => row.why !== '').map((row) => row.value));
  return rows.map((row) =>
    `    ${pad(row.field, field)}   ${pad(row.value, value)}   ${style.dim(row.why)}`.trimEnd(),
  );
}

function noteLines({ notes }: AppPlan, style: Style): string[] {
  return notes.map((note) => `    ${style.cyan('i')} ${oneLine(note)}`);
}

/** What is new and the same for every app, or its name, says nothing. */
function isTelling({ kind, facet, field }: Change): boolean {
  return kind !== 'new' || facetOf(facet).isPlain?.(field) !== true;
}

function changeRow(change: Change, app: AppPlan): ChangeRow {
  const { labelOf, isPrivate, changedWhere = () => 'changed in the manifest' } = facetOf(change.facet);
  const field = oneLine(labelOf?.(change.field) ?? `${change.facet}.${change.field}`);
  if (change.kind === 'unknown') return { field, value: 'unknown', why: '(could not be read)' };
  const [from = '', to = ''] = shortenAll([valueOf(change.from), valueOf(change.to)]);
  if (isPrivate && change.from === change.to)
    return { field, value: 'changed', why: '(changed in its source)' };
  switch (change.kind) {
    case 'new':
      return { field, value: to, why: '' };
    case 'changed':
      return { field, value: `${from} → ${to}`, why: `(${changedWhere(change, app.changes)})` };
    case 'held':
      return { field, value: `${from} → ${to}`, why: '(held)' };
    case 'added':
      return {
        field,
        value: from,
        why: `(added on the machine; \`pets up --strict ${oneLine(app.app)}\` removes it)`,
      };
    case 'drifted':
      return { field, value: `${from} → ${to}`, why: '(drifted on the machine)' };
    case 'both':
      return { field, value: `${from} → ${to}`, why: `(changed in the manifest and drifted; now ${from})` };
  }
}

function valueOf(value: string | null): string {
  if (value === null) return 'none';
  return value === '' ? '""' : oneLine(value);
}
