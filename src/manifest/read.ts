import type { FlakeRef, Manifest, ManifestApp, Notify } from '../domain/manifest.js';
import type { KeyPath, Problem } from '../domain/problem.js';
import { checkTable, type Issue, type PartialApp } from './check.js';
import { appOf, checkedDrafts, draftOf, withFallbacks } from './draft.js';
import { type ManifestSchema, schemaOf } from './schema.js';
import { exposedBy, findDuplicates } from './keys/exposures.js';
import { checkNotify, notifyOf } from './keys/notify.js';
import type { Located, Locator } from './locate.js';
import { isAppName, NAME_RULE, nameHint } from '../domain/names.js';
import { parseToml } from './parse.js';
import { checkRelations } from './relations.js';
import { checkApp } from './rules.js';
import { formatKeyPath, isTable } from './text.js';

export type ReadManifest =
  | {
      readonly ok: true;
      readonly manifest: Manifest;
      /** Of apps that do not say. */
      readonly nixpkgs: FlakeRef;
      /** Null: nobody is told. */
      readonly notify: Notify | null;
      readonly locate: (path: KeyPath) => Located;
    }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** Null: not even that could be read. */
      readonly project: string | null;
      /** Null: nobody, or that could not be read. */
      readonly notify: Notify | null;
    };

/** `file`: as printed in problems. `directory`: absolute, the manifest's folder. */
export type ManifestOrigin = { readonly file: string; readonly directory: string };

/** Below `nixos` numbers are Nix' own: 1.0 is not 1, and integers have 64 bits. */
const isNixos = ([apps, , key, ...below]: KeyPath) => apps === 'apps' && key === 'nixos' && below.length > 0;

/** Reads a manifest's text; all its problems at once, in the order of the file. Never throws. */
export function readManifest(text: string, { file, directory }: ManifestOrigin): ReadManifest {
  const toml = parseToml(text, file, isNixos);
  if (!toml.ok) return { ...toml, project: null, notify: null };
  const { locate } = toml;
  const { project, nixpkgs, notify = null, drafts, findings } = check(toml.table, schemaOf(directory));
  const exposed = drafts.flatMap(exposedBy);
  findings.push(...findDuplicates(exposed, (path) => locate(path).place));
  const checked = checkedDrafts(drafts, findings);
  if (checked === null || project === undefined || nixpkgs === undefined)
    return { ok: false, problems: problemsOf(findings, locate), project: project ?? null, notify };
  const manifest = { project, apps: checked.map(appOf).sort(byName) };
  return { ok: true, manifest, nixpkgs, notify, locate: (path) => locate(path) };
}

/** `drafts`: in the order of the file. */
type Read = {
  readonly project?: string;
  readonly nixpkgs?: FlakeRef;
  readonly notify?: Notify;
  readonly drafts: readonly PartialApp[];
  readonly findings: Issue[];
};

function check(table: unknown, schema: ManifestSchema): Read {
  const findings: Issue[] = [];
  const context = { schema, say: (finding: Issue) => void findings.push(finding) };
  const top = checkTable(context, schema.top, table, []);
  const written = tableAt(table, 'defaults');
  const defaults = withFallbacks(
    schema,
    written,
    checkTable(context, schema.defaults, written, ['defaults']) ?? {},
  );
  const drafts = Object.entries(tableAt(table, 'apps')).flatMap(([name, app]) => {
    const path = ['apps', name];
    if (!isAppName(name))
      context.say({ code: 'manifest-value', path, at: 'key', message: NAME_RULE, hint: nameHint(name) });
    const keys = checkTable(context, schema.app, app, path);
    return keys && isTable(app) ? [draftOf(name, app, keys, defaults)] : [];
  });
  if (top?.notify !== undefined) checkNotify(top.notify, context.say);
  for (const draft of drafts) checkApp(draft, context.say);
  checkRelations(drafts, context.say);
  return {
    ...(top?.project !== undefined && { project: top.project }),
    ...(top?.notify !== undefined && { notify: notifyOf(top.notify) }),
    ...(defaults.nixpkgs !== undefined && { nixpkgs: defaults.nixpkgs }),
    drafts,
    findings,
  };
}

/** A wrong one reads as empty here: the check of the table that it stands in has said so. */
function tableAt(table: unknown, key: string): Readonly<Record<string, unknown>> {
  const value = isTable(table) && Object.hasOwn(table, key) ? table[key] : undefined;
  return isTable(value) ? value : {};
}

function problemsOf(findings: readonly Issue[], locate: Locator): Problem[] {
  return findings
    .map(({ code, path, at, message, hint }) => ({
      code,
      message: path.length > 0 ? `${formatKeyPath(path)}: ${message}` : message,
      path,
      ...locate(path, at),
      ...(hint === undefined ? {} : { hint }),
    }))
    .sort(byPlace);
}

function byPlace({ place: a }: Located, { place: b }: Located): number {
  return (a?.line ?? 1) - (b?.line ?? 1) || (a?.column ?? 1) - (b?.column ?? 1);
}

function byName(a: ManifestApp, b: ManifestApp): number {
  return a.name < b.name ? -1 : 1;
}
