/**
 * `npm run release -- <version>`: builds, packs, checks the packed file, dates the changelog, sets the version and
 * commits. Whatever fails leaves the tree as it was. To publish is a person's step; the commands are printed.
 */
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasChanges, hasVersion, unreleasedOf, withVersion } from './changelog.js';
import { faultsOf, packInto } from './package.js';

const CHANGELOG = 'CHANGELOG.md';
const VERSION = 'src/domain/version.ts';
/** What a release changes: made anew from the version, or put back. */
const CHANGED = [
  ...['package.json', 'package-lock.json', CHANGELOG, VERSION],
  ...['docs/pets.1', 'docs/reference.md', 'docs/errors.md', 'docs/manifest.md', 'pets.toml.example'],
];

class Refused extends Error {}

/** Why there can be no such release. */
async function refuse(version: string): Promise<void> {
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    throw new Refused('say which version: npm run release -- 1.2.3');
  const { stdout: dirty } = await execa('git', ['status', '--porcelain']);
  if (dirty !== '') throw new Refused(`the tree is dirty: commit or stash first\n${dirty}`);
  const changelog = readFileSync(CHANGELOG, 'utf8');
  if (!hasChanges(unreleasedOf(changelog) ?? ''))
    throw new Refused(`${CHANGELOG} has nothing below "Unreleased": write what users notice`);
  if (hasVersion(changelog, version)) throw new Refused(`${CHANGELOG} has ${version} already`);
}

async function setVersion(version: string): Promise<void> {
  const set = ['version', version, '--no-git-tag-version', '--allow-same-version'];
  await execa('npm', set, { stdout: 'ignore' });
  const source = readFileSync(VERSION, 'utf8');
  writeFileSync(VERSION, source.replace(/(VERSION = ')[^']*/, `$1${version}`));
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(CHANGELOG, withVersion(readFileSync(CHANGELOG, 'utf8'), version, today));
  await execa('npm', ['run', 'docs'], { stdout: 'ignore' });
}

/** The packed file, which was installed and did what it should. */
async function pack(): Promise<string> {
  await execa('npm', ['run', 'build'], { stdout: 'ignore' });
  const [stage, prefix] = ['stage', 'prefix'].map((name) => mkdtempSync(join(tmpdir(), `pets-${name}-`)));
  if (stage === undefined || prefix === undefined) throw new Error('there is no place to pack');
  try {
    const file = await packInto(stage, '.');
    const faults = await faultsOf(file, prefix);
    if (faults.length > 0) throw new Refused(`${file} is not fit to be published:\n${faults.join('\n')}`);
    return file;
  } finally {
    for (const folder of [stage, prefix]) rmSync(folder, { recursive: true });
  }
}

async function release(version: string): Promise<void> {
  await refuse(version);
  try {
    await setVersion(version);
    const file = await pack();
    await execa('git', ['commit', '--quiet', '--message', `Version ${version}`, '--', ...CHANGED]);
    process.stdout.write(
      [
        `${file} works when it is installed; the version and the changelog are committed. To publish it:`,
        `  git tag --sign v${version} --message "pets ${version}"`,
        `  git push --follow-tags`,
        `  npm publish ${file}`,
        '',
      ].join('\n'),
    );
  } catch (error) {
    // The tree was clean: nothing else is lost.
    await execa('git', ['checkout', '--quiet', 'HEAD', '--', ...CHANGED]);
    throw error;
  }
}

try {
  await release(process.argv[2] ?? '');
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
