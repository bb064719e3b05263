import { parseArgs } from 'node:util';
import { within } from '../../lib/within.js';
import { messageOf } from '../start/failure.js';
import { checks } from './checks.js';
import { openTarget } from './target.js';

/**
 * `npm run conformance -- --url URL [--key KEY]`: checks a running server against docs/protocol.md. The server needs a
 * provider that answers. Everything that the checks create is deleted. Exits with 1 when a check fails.
 */
const checkWithinMs = 60_000;
const tooLate = () => new Error(`not done within ${checkWithinMs / 1_000} s`);

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { url: { type: 'string' }, key: { type: 'string' } } });
  if (!values.url) throw new Error('Name the server: npm run conformance -- --url http://127.0.0.1:3000 [--key KEY]');
  const target = await openTarget(values.url, values.key ?? null);
  let failed = 0;
  try {
    for (const { name, run } of checks) {
      const failure = await within(checkWithinMs, run(target), tooLate).then(
        () => null,
        (error: unknown) => messageOf(error),
      );
      console.log(
        failure === null ? `ok      ${name}` : `FAILED  ${name}\n        ${failure.replaceAll('\n', '\n        ')}`,
      );
      if (failure !== null) failed += 1;
    }
  } finally {
    await target.close();
  }
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
