import { expect, test } from '@jest/globals';
import { nodeCommand } from '../../../scripts/processes/nodeCommand.js';
import { CommandFailed, runCommand } from '../../../scripts/processes/runCommand.js';

/** Runs a process that crashes so, and gives its output. */
async function crash(how: string): Promise<string> {
  const signal = AbortSignal.timeout(30_000);
  const command = { ...nodeCommand('test/support/service/crashing.ts', how), env: { PATH: process.env.PATH } };
  const failed = await runCommand(command, { signal, withinMs: 25_000 }).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failed instanceof CommandFailed)) throw new Error(`it did not crash: ${failed}`);
  expect(failed.message).toContain('ended with 1');
  return failed.output;
}

test.each([
  ['exception', 'an exception was not caught; the process ends'],
  ['rejection', 'a rejected promise was not handled; the process ends'],
])('a process that crashes on an unhandled %s logs the error with its stack', async (how, message) => {
  const line = JSON.parse((await crash(how)).trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(line).toMatchObject({
    level: 60,
    msg: message,
    err: { type: 'RangeError', message: 'out of range', stack: expect.stringContaining('crashing.ts') },
  });
});
