/** CHANGELOG.md as Keep a Changelog has it. Pure. */

const UNRELEASED = '## [Unreleased]';

/** What stands below "Unreleased" up to the next version; null: there is no such heading. */
export function unreleasedOf(changelog: string): string | null {
  const [, below] = changelog.split(`${UNRELEASED}\n`);
  if (below === undefined) return null;
  return below.split(/^## /m)[0]?.trim() ?? '';
}

/** Whether anything is said below it: headings alone say nothing. */
export function hasChanges(unreleased: string): boolean {
  return unreleased.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'));
}

export function hasVersion(changelog: string, version: string): boolean {
  return changelog.includes(`\n## [${version}]`);
}

/** What was unreleased is the version of that day (`2026-01-31`), and nothing is unreleased. */
export function withVersion(changelog: string, version: string, date: string): string {
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## [${version}] - ${date}`);
}
