import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { bounded } from './bounded.js';

describe('a bounded signal', () => {
  test('is aborted after its time', async () => {
    const { signal } = bounded(new AbortController().signal, 20);
    await once(signal, 'abort');
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('is aborted with its parent signal, also when that was aborted before', () => {
    const outer = new AbortController();
    const before = bounded(outer.signal, 60_000);
    outer.abort(new Error('over'));
    const after = bounded(outer.signal, 60_000);
    for (const { signal, end } of [before, after]) {
      expect(signal.reason).toEqual(new Error('over'));
      end();
    }
  });

  test('is aborted although the garbage collector ran meanwhile', async () => {
    const script = `
      import { bounded } from './lib/bounded.ts';
      const { signal } = bounded(new AbortController().signal, 300);
      setInterval(() => globalThis.gc(), 20).unref();
      setTimeout(() => { console.log(signal.aborted); process.exit(); }, 600);`;
    const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    expect(stdout.trim()).toBe('true');
  });
});
