import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeCommand } from '../../../scripts/processes/nodeCommand.js';
import { CommandFailed, runCommand } from '../../../scripts/processes/runCommand.js';
import { expectAgreement } from '../../support/chats/agreement.js';
import { type PgBouncer, startPgBouncer } from '../../support/postgres/pgbouncer.js';
import { type ScratchPostgres, startScratchPostgres } from '../../support/postgres/scratchPostgres.js';
import { startScriptedService } from '../../support/service/scriptedService.js';

const ignores = ['extra_float_digits', 'statement_timeout', 'idle_in_transaction_session_timeout'];

let server: ScratchPostgres;
beforeAll(async () => {
  server = await startScratchPostgres();
}, 120_000);
afterAll(() => server?.dispose(), 60_000);

async function behind(options: { ignores?: string[] }, use: (pooler: PgBouncer) => Promise<void>): Promise<void> {
  const pooler = await startPgBouncer(server.url, { mode: 'transaction', ...options });
  try {
    await use(pooler);
  } finally {
    await pooler.close();
  }
}

/** What `npm start` prints when it refuses to start. */
async function refusal(env: Record<string, string>): Promise<string[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'durable-turns-refused-'));
  const clean = { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: dataDir };
  try {
    const command = { ...nodeCommand('scripts/start/main.ts'), env: { ...clean, ...env } };
    const failed = await runCommand(command, { signal: new AbortController().signal, withinMs: 60_000 }).then(
      () => null,
      (error: unknown) => error,
    );
    if (!(failed instanceof CommandFailed)) throw new Error(`it did not refuse: ${failed}`);
    return failed.output.split('\n').filter((line) => line.startsWith('DATABASE_URL: '));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

describe('npm start with DATABASE_URL at a PgBouncer in transaction mode', () => {
  test(
    'prints in one line which parameter the pooler refuses, and which setting avoids the pooler',
    () =>
      behind({}, async ({ url }) => {
        expect(await refusal({ DATABASE_URL: url })).toEqual([
          expect.stringMatching(/PgBouncer.*statement_timeout.*DATABASE_DIRECT_URL/),
        ]);
      }),
    90_000,
  );

  test(
    'prints in one line that it is a pooler, when the pooler ignores startup parameters',
    () =>
      behind({ ignores }, async ({ url }) => {
        expect(await refusal({ DATABASE_URL: url })).toEqual([
          expect.stringMatching(/PgBouncer: pool_mode = transaction.*DATABASE_DIRECT_URL/),
        ]);
      }),
    90_000,
  );

  test(
    'runs with a DATABASE_DIRECT_URL, and a turn streams to its viewer and lands',
    () =>
      behind({}, async ({ url }) => {
        const world = await startScriptedService(
          { DATABASE_URL: url, DATABASE_DIRECT_URL: server.url },
          { ownServers: true },
        );
        try {
          const { viewer, turn, call, begun } = await world.beginReply();
          await call.send('the door is open.');
          await call.finish();
          const agreed = await expectAgreement(world.service, viewer, turn.id);
          expect(agreed.turn.status).toBe('completed');
          expect(agreed.text).toBe(`${begun}the door is open.`);
          expect(world.attempts(turn.id)).toHaveLength(1);
        } finally {
          await world.dispose();
        }
      }),
    180_000,
  );
});
