import { describe, expect, test } from '@jest/globals';
import { hasChanges, hasVersion, unreleasedOf, withVersion } from '../scripts/changelog.js';
import { pageText } from './pages.js';

const TEXT = `# Changelog

## [Unreleased]

### Added

- A thing.

## [0.1.0] - 2026-01-31

- The first.
`;

describe('the changelog', () => {
  test('what is unreleased ends with the next version', () => {
    expect(unreleasedOf(TEXT)).toBe('### Added\n\n- A thing.');
    expect(unreleasedOf('# Changelog\n')).toBeNull();
  });

  test('headings alone are no changes', () => {
    expect(hasChanges('### Added\n\n- A thing.')).toBe(true);
    expect(['', '### Added\n\n### Fixed\n'].map(hasChanges)).toEqual([false, false]);
  });

  test('a release has what was unreleased, with its day, and leaves nothing', () => {
    const released = withVersion(TEXT, '0.2.0', '2026-02-01');
    expect(released).toContain('## [Unreleased]\n\n## [0.2.0] - 2026-02-01\n\n### Added\n\n- A thing.\n');
    expect(unreleasedOf(released)).toBe('');
    expect(['0.2.0', '0.1.0', '0.2'].map((version) => hasVersion(released, version))).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('ours has a heading for what is unreleased, and the version that package.json has', () => {
    const { version } = JSON.parse(pageText('package.json')) as { version: string };
    expect(unreleasedOf(pageText('CHANGELOG.md'))).not.toBeNull();
    expect(hasVersion(pageText('CHANGELOG.md'), version)).toBe(true);
  });
});
