import { createHash } from 'node:crypto';
import equal from 'fast-deep-equal';
import * as v from 'valibot';
import { printPlanRecord } from '../domain/plan-record.js';
import type { AppBasis, Basis, Fields, SavedPlan } from '../domain/saved-plan.js';
import { parsePlan } from './runs/parse.js';

/** What such a file calls itself, and the only version that there is of it. */
export const FORMAT = 'pets-plan';
export const FORMAT_VERSION = 1;

/** `why`: what is wrong with it, in words that go on after its name. */
export type ParsedPlan =
  | { readonly ok: true; readonly saved: SavedPlan }
  | { readonly ok: false; readonly isNewer: boolean; readonly why: string };

/** A text of any length as a short one, which looks like no value of a field. */
export function digestOf(text: string): string {
  return `digest:${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** The same state gives the same bytes: names are in order, and nothing in it is the time or chance. */
export function printSavedPlan({ plan, ...saved }: SavedPlan): string {
  const content = { format: FORMAT, version: FORMAT_VERSION, ...saved, plan: printPlanRecord(plan) };
  // What is undefined JSON leaves out.
  const plain = inOrder(JSON.parse(JSON.stringify(content))) as object;
  const sealed = Object.entries({ ...plain, digest: digestOf(JSON.stringify(plain)) });
  return `${JSON.stringify(Object.fromEntries(sealed.sort(byName)), null, 1)}\n`;
}

/** Reads what `printSavedPlan` has written, however it was laid out since. Never throws. */
export function parseSavedPlan(text: string): ParsedPlan {
  try {
    return parseContent(JSON.parse(text));
  } catch {
    // No JSON; or nested so deep that it is none of pets' making.
    return refuse('is no plan of pets');
  }
}

function parseContent(json: unknown): ParsedPlan {
  const found = v.safeParse(head, json);
  if (!found.success) return refuse('is no plan of pets');
  const { version } = found.output;
  if (version > FORMAT_VERSION)
    return { ok: false, isNewer: true, why: `has version ${version}, and this pets reads ${FORMAT_VERSION}` };
  const { digest, ...content } = json as { readonly digest?: unknown };
  if (digest !== sealOf(content)) return refuse('was changed since it was saved');
  const whole = v.safeParse(body, json);
  const plan = whole.success ? parsePlan(JSON.stringify(whole.output.plan)) : null;
  if (!whole.success || !plan || plan.project !== whole.output.project) return refuse('is no plan of pets');
  const { pets, project, manifest, choice, basis } = whole.output;
  return { ok: true, saved: { pets, project, manifest, choice, basis, plan } };
}

function refuse(why: string): ParsedPlan {
  return { ok: false, isNewer: false, why };
}

const head = v.looseObject({
  format: v.literal(FORMAT),
  version: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

const body = v.object({
  pets: v.string(),
  project: v.string(),
  manifest: v.nullable(v.string()),
  choice: v.object({
    apps: v.nullable(v.array(v.string())),
    prune: v.boolean(),
    recreate: v.boolean(),
    retry: v.boolean(),
    strict: v.boolean(),
    rehearse: v.exactOptional(v.boolean()),
  }),
  // A record of valibot's has no key `constructor`, which is a good name for an app.
  basis: v.custom<Basis>((value) => isTable(value) && Object.values(value).every(isAppBasis)),
  plan: v.unknown(),
});

function isAppBasis(value: unknown): value is AppBasis {
  if (!isTable(value)) return false;
  const { manifest, machine, ...others } = value;
  return isFields(manifest) && isFields(machine) && equal(others, {});
}

function isFields(value: unknown): value is Fields {
  return isTable(value) && Object.values(value).every((one) => one === null || typeof one === 'string');
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}

/** Tells an edit, not a forgery: whoever may write the file can write another. */
function sealOf(content: object): string {
  return digestOf(JSON.stringify(inOrder(content)));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isTable(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, inOrder(value[name])]));
}
