import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deepCyclicCopy } from 'jest-util';

/**
 * Runs a test file as `bundleTests.ts` has bundled it. Node loads the modules that it imports, once for all files that
 * this process runs. Jest would load and compile them again for each file, which takes most of a small file's processor
 * time. The files of a process share the state of modules; what a module keeps has to be bound to a database, an api or
 * a service.
 */
const require = createRequire(import.meta.url);
const circusFolder = dirname(require.resolve('jest-circus'));
const timeoutOfFile = Symbol.for('TEST_TIMEOUT_SYMBOL');
const eventHandlers = Symbol.for('EVENT_HANDLERS');

/** Jest's own test framework with the state of no file: it keeps its tests and handlers in its modules. */
function loadCircus() {
  for (const file of Object.keys(require.cache)) if (file.startsWith(circusFolder)) delete require.cache[file];
  delete globalThis[eventHandlers];
  delete globalThis[timeoutOfFile];
  return require(join(circusFolder, 'jestAdapterInit.js'));
}

/** All that tests use of the object `jest`. Modules are not mocked, and time is not faked. */
const jest = {
  setTimeout(ms) {
    globalThis[timeoutOfFile] = ms;
  },
};

/** Makes these the tests, hooks and `expect` of the file that is loaded next. */
function handOver(globals) {
  const { onChange } = globalThis.durableTurnsTestGlobals ?? {};
  globalThis.durableTurnsTestGlobals = { current: globals, onChange };
  onChange?.(globals);
}

export default async function runBundled(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  const folder = process.env.TEST_BUNDLES;
  if (!folder) throw new Error('TEST_BUNDLES is not set: the global setup of this project bundles the tests');
  const { initialize, runAndTransformResultsToJestFormat } = loadCircus();
  const itsConsole = globalThis.console;
  await initialize({
    config: { ...config, injectGlobals: false },
    environment,
    globalConfig,
    localRequire: require,
    parentProcess: process,
    runtime,
    sendMessageToJest,
    setGlobalsForRuntime: (globals) => handOver({ ...globals, jest }),
    testPath,
  });
  globalThis.console = environment.global.console;
  try {
    await import(pathToFileURL(join(folder, relative(config.rootDir, testPath).replace(/\.ts$/, '.js'))).href);
    const setupAfterEnvPerfStats = { setupAfterEnvStart: 0, setupAfterEnvEnd: 0 };
    const results = await runAndTransformResultsToJestFormat({
      config,
      globalConfig,
      setupAfterEnvPerfStats,
      testPath,
    });
    // Errors may hold what can't be sent to Jest's own process
    return deepCyclicCopy(results, { keepPrototype: false });
  } finally {
    globalThis.console = itsConsole;
  }
}
