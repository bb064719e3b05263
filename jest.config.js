const common = {
  rootDir: '.',
  testEnvironment: 'node',
  globalTeardown: '<rootDir>/test/support/jest/teardown.ts',
  // Jest would load what tests import again for each file.
  testRunner: '<rootDir>/test/support/jest/runBundled.js',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** With what the tests of a run share: servers, builds, data to start on. */
const served = {
  ...common,
  globalSetup: '<rootDir>/test/support/service/globalSetup.ts',
};

const withoutServers = {
  ...common,
  globalSetup: '<rootDir>/test/support/jest/bundleSetup.ts',
};

/** Each project is one kind of test; `npm test` runs all of them, `npm run check` only `unit`. */
export default {
  // A bound, not a promise: machines are busy, and a test that hangs must still end.
  testTimeout: 30_000,
  testSequencer: '<rootDir>/test/longestFirst.js',
  projects: [
    {
      ...withoutServers,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{activities,api,db,domain,engine,lib,llm,telemetry,viewers,web,worker,workflows,client}/**/*.test.ts',
        '<rootDir>/test/unit/**/*.test.ts',
      ],
    },
    { ...served, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...withoutServers, displayName: 'replay', testMatch: ['<rootDir>/test/replay/**/*.test.ts'] },
    { ...served, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'] },
    { ...served, displayName: 'page', testMatch: ['<rootDir>/test/page/**/*.test.ts'] },
  ],
};
