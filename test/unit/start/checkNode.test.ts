import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../../scripts/checkNode.cjs', import.meta.url));
const { engines, scripts } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
) as Record<'engines' | 'scripts', Record<string, string>>;

/** Runs the check as a Node of that version would. */
function checkAs(version: string) {
  const fake = `Object.defineProperty(process, 'version', { value: '${version}' }); require('${script}');`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', fake], { encoding: 'utf8' });
  return { status, stderr };
}

describe('the check of the Node version', () => {
  test.each(['v14.21.3', 'v18.20.8', 'v20.18.3'])('ends %s with one sentence and exit code 1', (version) => {
    const { status, stderr } = checkAs(version);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `Node 20.19 or newer is needed, and this is ${version}: install Node 24 (https://nodejs.org).\n`,
    );
  });

  test.each(['v20.19.0', 'v20.20.2', 'v22.0.0', 'v24.21.0'])('passes %s without a word', (version) => {
    expect(checkAs(version)).toEqual({ status: 0, stderr: '' });
  });

  test('runs before npm start and npm test, and knows the least version of package.json', () => {
    expect([scripts.prestart, scripts.pretest]).toEqual(Array(2).fill('node scripts/checkNode.cjs'));
    expect(engines.node).toBe('>=20.19');
  });
});
