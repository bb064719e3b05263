import { setTimeout as pause } from 'node:timers/promises';
import { createTestDatabase } from '../test/support/postgres/postgres.js';
import { type Checkout, openCheckout } from './attacks/checkout.js';
import { type OwnerAttack, ownerAttacks } from './attacks/ownerTurns.js';
import { startService } from './attacks/service.js';
import { startSlowNames } from './attacks/slowNames.js';

/**
 * What one owner's turns can do to the worker of a checkout that other owners use too: `node --import tsx
 * bench/ownerAttacks.ts [FOLDER [NAME,NAME]]` prints its memory, the longest time that its event loop stood still, and
 * the time to the first token of another owner's turn. Everything stays on this machine. Needs Linux and a C compiler.
 * The figures are in docs/attacks.md.
 */
const folder = process.argv[2] ?? process.cwd();
const only = process.argv[3]?.split(',');
const firstTokenWithinMs = 60_000;

async function run(checkout: Checkout, { name, env, begin }: OwnerAttack, slow: Record<string, string>) {
  const database = await createTestDatabase();
  const service = await startService(checkout, database, { ...slow, ...env });
  const { worker } = service;
  try {
    await pause(2_000);
    await worker.peakMiB();
    const before = await worker.peakMiB();
    await worker.heldMs();
    const attack = await begin(service);
    const first = await service.firstTokenMs(firstTokenWithinMs);
    const outcome = await attack.outcome();
    const [peak, held] = [await worker.peakMiB(), await worker.heldMs()];
    await attack.end?.();
    const other = first === null ? `not within ${firstTokenWithinMs / 1_000} s` : `after ${first} ms`;
    return `| ${name} | ${outcome} | ${other} | ${before} → ${peak} | ${held} |`;
  } catch (error) {
    return `| ${name} | ${String(error)} |`;
  } finally {
    await service.close();
    await database.drop();
  }
}

const slowNames = await startSlowNames();
const checkout = await openCheckout(folder);
console.log(
  "| attack | turns | another's first token | memory, MiB | standstill, ms |\n| --- | --- | --- | --- | --- |",
);
for (const attack of ownerAttacks)
  if (!only || only.some((name) => attack.name.startsWith(`${name}:`)))
    console.log(await run(checkout, attack, slowNames.env));
await checkout.close();
await slowNames.close();
