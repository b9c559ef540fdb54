import * as v from 'valibot';
import type { AppName, IpAddress, Manifest, ManifestApp } from '../model.js';
import type { KeyPath, Problem } from '../problem.js';
import { checkTable, type Finding } from './check.js';
import { type Exposed, findDuplicates } from './exposures.js';
import { type Located, type Locator, locatorOf } from './locate.js';
import { isAppName, NAME_RULE, nameHint } from './names.js';
import { parseToml } from './parse.js';
import { type ManifestSchema, schemaOf } from './schema.js';
import { formatKeyPath, isTable } from './text.js';

export type ReadManifest =
  | { readonly ok: true; readonly manifest: Manifest; readonly locate: (path: KeyPath) => Located }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** `file`: as printed in problems. `directory`: absolute, the manifest's folder. */
export type ManifestOrigin = { readonly file: string; readonly directory: string };

/** Reads a manifest's text; all its problems at once, in the order of the file. Never throws. */
export function readManifest(text: string, { file, directory }: ManifestOrigin): ReadManifest {
  const toml = parseToml(text, file);
  if (!toml.ok) return toml;
  const locate = locatorOf(text, file);
  const checked = check(toml.table, schemaOf(directory));
  const placeOf = (app: string) => locate(['apps', app, 'port']).place;
  const findings = [...checked.findings, ...findDuplicates(checked.exposed, placeOf)];
  if (findings.length > 0 || !checked.manifest) return { ok: false, problems: problemsOf(findings, locate) };
  return { ok: true, manifest: checked.manifest, locate: (path) => locate(path) };
}

type Checked = {
  readonly findings: readonly Finding[];
  readonly exposed: readonly Exposed[];
  readonly manifest: Manifest | null;
};

function check(table: unknown, schema: ManifestSchema): Checked {
  const findings: Finding[] = [];
  const context = { schema, findings };
  const top = checkTable(context, schema.top, table, []);
  const defaults = checkTable(context, schema.defaults, tableAt(table, 'defaults'), ['defaults']);
  const exposed: Exposed[] = [];
  const apps: ManifestApp[] = [];
  for (const [name, appTable] of Object.entries(tableAt(table, 'apps'))) {
    const path = ['apps', name];
    if (!isAppName(name)) findings.push({ path, at: 'key', message: NAME_RULE, hint: nameHint(name) });
    const app = checkTable(context, schema.app, appTable, path);
    exposed.push(...exposureOf(schema, name, appTable, defaults?.listen));
    if (app && defaults && isAppName(name)) apps.push(appOf(name, { ...defaults, ...app }));
  }
  return { findings, exposed, manifest: top && { project: top.project, apps: apps.sort(byName) } };
}

type Settled = v.InferOutput<ManifestSchema['defaults']> & v.InferOutput<ManifestSchema['app']>;

function appOf(name: AppName, { 'flake-ref': flakeRef, nixpkgs, port, listen, tags }: Settled): ManifestApp {
  return { name, flakeRef, nixpkgs, port: port ?? null, listen, tags };
}

/** Looked at on its own: another key of the app that is wrong must not hide a clash. */
function exposureOf(schema: ManifestSchema, app: string, table: unknown, fallback?: IpAddress): Exposed[] {
  const { port, listen } = schema.app.entries;
  const result = v.safeParse(v.object({ port, listen }), table);
  const address = result.success ? (result.output.listen ?? fallback) : undefined;
  if (!result.success || result.output.port === undefined || !address) return [];
  return [{ app, listen: { address, port: result.output.port } }];
}

/** A wrong one reads as empty here: the check of the table that it stands in has said so. */
function tableAt(table: unknown, key: string): Readonly<Record<string, unknown>> {
  const value = isTable(table) && Object.hasOwn(table, key) ? table[key] : undefined;
  return isTable(value) ? value : {};
}

function problemsOf(findings: readonly Finding[], locate: Locator): Problem[] {
  return findings
    .map(({ path, at, message, hint }) => ({
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
