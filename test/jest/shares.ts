/** Of what goes through many cases of a subject a run has a share, the next ones have the others. */
const SHARES: readonly { readonly parts: number; readonly has: (story: string) => boolean }[] = [
  // One thing each that goes wrong, at one moment after the other.
  {
    parts: 4,
    has: (story) =>
      /^(?:crash|interrupts|campaign|trouble)-|-(?:killed|struck)$/.test(story) ||
      ['daemon', 'full-disk', 'copy-streams'].includes(story),
  },
  // What has a subject with a story that each run has: verbs, upgrade, health, secrets, backup, copy, deploy.
  {
    parts: 3,
    has: (story) => /^(?:backup|host|secrets)-/.test(story) || VARIANTS.includes(story),
  },
  { parts: 2, has: (story) => SUBJECTS.includes(story) },
];

/** Subjects of their own, each of which has parts in the stories that each run has. */
export const SUBJECTS = [
  ...[
    'activation',
    'adopt',
    'alerts',
    'binds',
    'completion',
    'copy',
    'deploy',
    'host',
    'limits',
    'protected',
    'rehearse',
  ],
  ...['remote', 'rename', 'upgrade-generations', 'watch'],
];

export const VARIANTS = [
  ...['after', 'bare', 'contract', 'deliver', 'deploy-remote', 'doctor', 'dry-run', 'everyday-drift', 'exec'],
  ...['exposure-back', 'failing-before', 'health-unit', 'hold', 'hostile', 'incus', 'isolation', 'known'],
  ...[
    'network',
    'nobody',
    'packages',
    'publish',
    'records',
    'saved-plan',
    'saved-plan-moves',
    'sources',
    'stop-timeout',
  ],
  ...['surroundings', 'tutorial', 'upgrade-retry', 'whole-system'],
];

/** `stories`, whose files are so called, the longest first, so that shares take equally long: those to do without. */
export function leftOf(
  stories: readonly string[],
  draw: (all: readonly string[], parts: number) => readonly string[],
): string[] {
  return SHARES.flatMap(({ parts, has }, n) => {
    // What is of two kinds is of the first.
    const pool = stories.filter(
      (story) => has(story) && !SHARES.slice(0, n).some((other) => other.has(story)),
    );
    const drawn = draw(pool, parts);
    return pool.filter((story) => !drawn.includes(story));
  });
}
