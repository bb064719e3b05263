import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deepCyclicCopy } from 'jest-util';
import { beginCost } from './cost.js';

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

/** All that tests use of the object `jest`. Modules are not mocked. The timers are those of this process. */
function jestObject({ fakeTimersModern: { constructor: FakeTimers } }, config) {
  const timers = new FakeTimers({ config, global: globalThis });
  return {
    setTimeout(ms) {
      globalThis[timeoutOfFile] = ms;
    },
    useFakeTimers: () => timers.useFakeTimers(),
    useRealTimers: () => timers.useRealTimers(),
    advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
    advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
    runOnlyPendingTimers: () => timers.runOnlyPendingTimers(),
  };
}

/** Makes these the tests, hooks and `expect` of the file that is loaded next. */
function handOver(globals) {
  globalThis.durableTurnsTestGlobals ??= { current: globals, onChange: [] };
  globalThis.durableTurnsTestGlobals.current = globals;
  for (const change of globalThis.durableTurnsTestGlobals.onChange) change(globals);
}

/** The tests with servers and those without are bundled into folders of their own, by the setup of their projects. */
function bundleOf(testPath, rootDir) {
  const name = relative(rootDir, testPath).replace(/\.ts$/, '.js');
  const folders = [process.env.TEST_BUNDLES_WITHOUT_SERVERS, process.env.TEST_BUNDLES].filter(Boolean);
  const file = folders.map((folder) => join(folder, name)).find(existsSync);
  if (!file) throw new Error(`${name} is not bundled: the global setup of its project bundles the tests`);
  return pathToFileURL(file).href;
}

export default async function runBundled(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  const bundle = bundleOf(testPath, config.rootDir);
  const jest = jestObject(environment, config);
  const reportCost = beginCost();
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
    await import(bundle);
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
    jest.useRealTimers();
    reportCost(relative(config.rootDir, testPath));
    globalThis.console = itsConsole;
  }
}
