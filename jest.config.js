import { register } from 'tsx/esm/api';

// What Jest itself loads from here (test/jest) is TypeScript, as the tests are.
register();

// Jest's workers are processes of their own: they get our options of Node, and tests are ES modules.
if (!process.execArgv.includes('--experimental-vm-modules'))
  process.execArgv.push(
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--max-semi-space-size=32',
  );

const shared = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  setupFiles: ['<rootDir>/test/jest/end-contexts.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/bench/.cache/'],
};

/** Tests that need the real Incus or the real Nix: the stories, and those of a room that say so in their name. */
const REAL = ['**/test/story/**/*.test.ts', '**/test/**/*.real.test.ts'];

export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/test/**/*.test.ts?(x)', ...REAL.map((pattern) => `!${pattern}`)],
    },
    { ...shared, displayName: 'story', testMatch: REAL },
  ],
  // No test of how fast something is: what hangs for good is to end.
  testTimeout: 600_000,
  globalSetup: '<rootDir>/test/jest/seed.mts',
  testSequencer: '<rootDir>/test/jest/sequencer.mts',
  reporters: ['default', '<rootDir>/test/jest/durations.mts'],
  // Also for a single file: only workers have the options of Node from above. One that has grown is replaced.
  workerIdleMemoryLimit: '1GB',
};
