import type * as globals from '@jest/globals';

/**
 * Stands for `@jest/globals` in bundled tests. Modules are shared by the files that a process runs, and each file has
 * tests of its own: `runBundled.js` hands them over before it loads a file.
 */
type Name = 'afterAll' | 'afterEach' | 'beforeAll' | 'beforeEach' | 'describe' | 'expect' | 'it' | 'jest' | 'test';
type Globals = Pick<typeof globals, Name>;

declare global {
  var durableTurnsTestGlobals: { current: Globals; onChange: ((globals: Globals) => void)[] };
}

const { current } = globalThis.durableTurnsTestGlobals;
export let afterAll: Globals['afterAll'] = current.afterAll;
export let afterEach: Globals['afterEach'] = current.afterEach;
export let beforeAll: Globals['beforeAll'] = current.beforeAll;
export let beforeEach: Globals['beforeEach'] = current.beforeEach;
export let describe: Globals['describe'] = current.describe;
export let expect: Globals['expect'] = current.expect;
export let it: Globals['it'] = current.it;
export let jest: Globals['jest'] = current.jest;
export let test: Globals['test'] = current.test;

globalThis.durableTurnsTestGlobals.onChange.push((next) => {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest, test } = next);
});
