import { createTestDatabase } from '../test/support/postgres/postgres.js';
import type { ApiAttack } from './attacks/apiAttack.js';
import { type Checkout, openCheckout } from './attacks/checkout.js';
import { connections } from './attacks/connections.js';
import { floods } from './attacks/floods.js';
import { largeAnswers } from './attacks/largeAnswers.js';
import { rewinds } from './attacks/rewinds.js';

/**
 * `npm run attacks -- [FOLDER [NAME,NAME]]`: what one client can do to the api of a checkout, in memory and in time of its event loop.
 * Each attack gets an api of its own, and sends raw requests where the client package would behave. Everything stays on
 * this machine. The figures are in docs/attacks.md.
 */
const folder = process.argv[2] ?? process.cwd();
const only = process.argv[3]?.split(',');
const attacks = [...largeAnswers, ...connections, ...floods, ...rewinds];

async function run(checkout: Checkout, { name, env, prepare }: ApiAttack): Promise<string> {
  const database = await createTestDatabase();
  const api = await checkout.startApi(database, env);
  try {
    const attack = await prepare(api, database);
    await api.heldMs();
    await api.peakMiB();
    const begun = performance.now();
    const said = await attack().catch((error: unknown) => String(error));
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    return `| ${name} | ${await api.peakMiB()} MiB | ${await api.heldMs()} ms | ${seconds} s, ${said} |`;
  } catch (error) {
    return `| ${name} | ${String(error)} |`;
  } finally {
    await api.stop();
    await database.drop();
  }
}

const checkout = await openCheckout(folder);
console.log('| attack | memory at most | event loop held at most | |\n| --- | --- | --- | --- |');
for (const attack of attacks)
  if (!only || only.some((name) => attack.name.startsWith(`${name}:`))) console.log(await run(checkout, attack));
await checkout.close();
