import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readStoredBytes } from '../../../db/chats/ownerLimits.js';
import { readOwnProviders } from '../../../db/chats/usableProviders.js';
import { unseal } from '../../../db/core/sealed.js';
import { hintAtLocalChats } from '../../../db/owners/localChats.js';
import { moveOwner, ownedTables } from '../../../db/owners/moveOwner.js';
import { secretOf } from '../../../db/webhooks/webhooks.js';
import { png } from '../../support/cards/pngs.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { scriptArgs } from '../../support/service/scriptArgs.js';
import { until } from '../../support/until.js';
import { createServiceClient } from '../../support/viewers/serviceClient.js';

jest.setTimeout(60_000);

const sealingKey = Buffer.alloc(32, 1);
/** Every character that a name of an owner may have beside letters. */
const odd = `ö'"\\%_&|!(x)*<->;--$1?/@#`;
let api: TestApi;
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'owner-'));
  await writeFile(join(dataDir, 'encryption.json'), JSON.stringify({ key: sealingKey.toString('base64') }));
  api = await startTestApi({
    env: {
      API_KEYS: `key-of-local:local,key-of-ann:ann,key-of-odd:${odd}`,
      PROVIDER_ENCRYPTION_KEY: sealingKey.toString('hex'),
    },
  });
}, 60_000);
afterAll(async () => {
  await api?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const as = (owner: string) => createServiceClient(api.url, { key: `key-of-${owner}` });

/** Runs `npm run owner -- …`, and gives what it prints and its exit code. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    DATABASE_URL: api.database.url,
    // As after `npm start`, which makes the key where none is set.
    DATA_DIR: dataDir,
  };
  return promisify(execFile)(process.execPath, scriptArgs('scripts/owner.ts', ...args), { env }).then(
    (ended) => ({ code: 0, ...ended }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
}

it('every table with a column "owner" is moved, so that none is forgotten (db/owners/moveOwner.ts)', async () => {
  const { rows } = await api.database.pool.query<{ table_name: string }>(
    `select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = 'public' and table_type = 'BASE TABLE' and column_name = 'owner'`,
  );
  expect(rows.map(({ table_name }) => table_name).sort()).toEqual(Object.keys(ownedTables).sort());
});

it('the start with keys says which chats are of the time without keys, unless a key is of their owner', async () => {
  const { pool } = api.database;
  expect(await hintAtLocalChats(pool, ['ann'])).toBeNull();
  await as('local').newChat();
  expect(await hintAtLocalChats(pool, ['ann', 'ben'])).toMatch(/^1 chats belong .* npm run owner -- move local OWNER$/);
  expect(await hintAtLocalChats(pool, ['ann', 'local'])).toBeNull();
});

describe('npm run owner -- move', () => {
  it('refuses while a turn of the owner has not ended, and moves nothing', async () => {
    const chat = await as('local').newChat();
    const turn = await as('local').postTurn(chat.id, 'Hi');
    const refused = await run('move', 'local', 'ann');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`Nothing was moved: 1 turns of local have not ended (${turn.id})`);
    expect((await as('local').getChat(chat.id)).id).toBe(chat.id);
    await api.database.pool.query("update turns set status = 'completed', finished_at = now() where id = $1", [
      turn.id,
    ]);
    await api.database.pool.query('update chats set active_turn_id = null where id = $1', [chat.id]);
  });

  it('gives everything to the other owner, who can then find, read and use it', async () => {
    const local = as('local');
    const create = async (client: typeof local, path: string, body: object) =>
      (await client.send<{ id: string }>('POST', path, body)).body.id;
    await local.send('PUT', '/v1/you', { name: 'Robin', persona: '' });
    await as('ann').send('PUT', '/v1/you', { name: 'Ann', persona: '' });
    const hostId = await create(local, '/v1/characters', {
      name: 'Mira',
      persona: '',
      greeting: 'A lighthouse greets you',
    });
    await fetch(`${api.url}/v1/characters/${hostId}/avatar`, {
      method: 'PUT',
      headers: { authorization: 'Bearer key-of-local', 'content-type': 'image/png' },
      body: new Uint8Array(png()),
    });
    const chatId = await create(local, '/v1/chats', { kind: 'narrative', hostId });
    const documentId = await create(local, '/v1/documents', { title: 'Letter', body: 'Dear Robin' });
    const providerId = await create(local, '/v1/providers', {
      name: 'Mine',
      baseUrl: 'https://models.example/v1',
      apiKey: 'sk-sealed-for-its-owner',
      defaultModel: 'm',
    });
    const webhook = {
      url: 'https://hooks.example/x',
      events: ['assistant_turn'],
      secret: 'a-secret-of-sixteen-letters',
    };
    const webhookId = await create(local, '/v1/webhooks', webhook);
    const conversations = '/openai/v1/conversations';
    await create(local, conversations, {});
    const agents = await Promise.all(
      ['local', 'ann'].map(async (who) => {
        const id = await create(as(who), '/v1/chats', { kind: 'agent', systemPrompt: 'Help.' });
        const link = { kind: 'strategy_link', data: { strategyId: 7, isSaved: true } };
        expect((await as(who).send('POST', `/v1/chats/${id}/events`, link)).status).toBe(201);
        return id;
      }),
    );

    const stored = async () => Promise.all(['local', 'ann'].map((who) => readStoredBytes(api.database.pool, who)));
    const [ofLocal = 0, ofAnn = 0] = await stored();
    expect(ofLocal).toBeGreaterThan(png().length);
    const { code, stdout } = await run('move', 'local', 'ann');
    // A chat that loses its strategy logs it.
    expect((await stored())[0]).toBe(0);
    expect((await stored())[1]).toBeGreaterThanOrEqual(ofLocal + ofAnn);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/ chats +5\n/)]);
    expect(stdout).toContain('ann keeps the own character');
    expect(stdout).toContain('1 chats lost their strategy');
    const ann = as('ann');
    for (const path of [`chats/${chatId}`, `characters/${hostId}`, `documents/${documentId}`])
      expect([path, (await ann.send('GET', `/v1/${path}`)).status]).toEqual([path, 200]);
    expect(await ann.send('GET', '/v1/you')).toMatchObject({ body: { name: 'Ann' } });
    const found = await ann.send<{ items: { chatId: string }[] }>('GET', '/v1/search?q=lighthouse');
    expect(found.body.items.map((item) => item.chatId)).toEqual([chatId]);
    const [provider] = await readOwnProviders(api.database.pool, sealingKey, 'ann', 10);
    expect(provider).toMatchObject({ id: providerId, apiKey: 'sk-sealed-for-its-owner' });
    const { rows: hooks } = await api.database.pool.query(
      'select sealed_secret as sealed from webhooks where id = $1',
      [webhookId],
    );
    expect(unseal(sealingKey, hooks[0].sealed, secretOf('ann', webhookId))).toBe(webhook.secret);
    const linked = await Promise.all(
      agents.map(
        async (id) => (await ann.send<{ strategyId: number | null }>('GET', `/v1/chats/${id}/projection`)).body,
      ),
    );
    expect(linked.map(({ strategyId }) => strategyId)).toEqual([null, 7]);
    for (const table of Object.keys(ownedTables)) {
      const { rows } = await api.database.pool.query(
        `select count(*)::integer as n from ${table} where owner = 'local'`,
      );
      expect([table, rows[0]]).toEqual([table, { n: 0 }]);
    }
    expect((await local.send<{ items: object[] }>('GET', '/v1/search?q=lighthouse')).body.items).toEqual([]);
  });

  it('can be run again, and moves what has come since', async () => {
    await as('local').newChat();
    expect((await run('move', 'local', 'ann')).stdout).toMatch(/ chats +1\n/);
    expect((await run('move', 'local', 'ann')).stdout).toMatch(/ chats +0\n/);
  });

  it('moves to an owner with odd characters in the name, who finds the texts, and back', async () => {
    const hostId = (
      await as('ann').send<{ id: string }>('POST', '/v1/characters', {
        name: 'Mo',
        persona: '',
        greeting: 'A harbour greets you',
      })
    ).body.id;
    const chatId = (await as('ann').send<{ id: string }>('POST', '/v1/chats', { kind: 'narrative', hostId })).body.id;
    const find = async (who: string) => {
      const { body } = await as(who).send<{ items: { chatId: string }[] }>('GET', '/v1/search?q=harbour');
      return body.items.map((item) => item.chatId);
    };
    expect(await run('move', 'ann', odd)).toMatchObject({ code: 0 });
    expect([await find('ann'), await find('odd')]).toEqual([[], [chatId]]);
    expect(await run('move', odd, 'ann')).toMatchObject({ code: 0 });
    expect([await find('ann'), await find('odd')]).toEqual([[chatId], []]);
  });

  /** Stops a move before its last statements, until `release` is called. */
  async function holdMoves() {
    const holder = await api.database.pool.connect();
    await holder.query('begin');
    await holder.query('set local idle_in_transaction_session_timeout = 0');
    await holder.query("select from webhooks where owner = 'ann' for update");
    return async () => {
      await holder.query('rollback');
      holder.release();
    };
  }
  const waiting = (type: string) =>
    until(`a lock of type ${type} that is waited for`, async () => {
      const { rowCount } = await api.database.pool.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = $1",
        [type],
      );
      return rowCount || null;
    });

  it('lets what clients create meanwhile wait, so that nothing is moved in part', async () => {
    const chat = await as('ann').newChat();
    const { hostId } = (await as('ann').getChat(chat.id)) as unknown as { hostId: string };
    const release = await holdMoves();
    const moved = moveOwner(api.database.pool, { from: 'ann', to: 'local', sealingKey });
    await waiting('transactionid');
    const created = [
      as('ann').send('POST', '/v1/chats', { kind: 'narrative', hostId }),
      as('ann').send('POST', `/v1/chats/${chat.id}/fork`, { atSeq: 1 }),
      as('ann').newChat(),
    ] as const;
    await waiting('advisory');
    await release();
    expect(await moved).toMatchObject({ outcome: 'moved' });
    const [withHost, fork, own] = await Promise.all(created);
    expect([withHost.status, fork.status]).toEqual([404, 404]);
    expect((await as('ann').getChat(own.id)).id).toBe(own.id);
    const { rows } = await api.database.pool.query(
      'select c.id from chats c join characters h on h.id = c.host_id where h.owner <> c.owner',
    );
    expect(rows).toEqual([]);
    await moveOwner(api.database.pool, { from: 'local', to: 'ann', sealingKey });
  });

  it('without the key of the service names the providers and webhooks that can not be used any more', async () => {
    const moved = await moveOwner(api.database.pool, { from: 'ann', to: 'local', sealingKey: null });
    const [provider] = (await as('local').send<{ items: { id: string }[] }>('GET', '/v1/providers')).body.items;
    const [webhook] = (await as('local').send<{ items: { id: string }[] }>('GET', '/v1/webhooks')).body.items;
    expect(moved).toMatchObject({ withoutKey: [provider!.id], withoutSecret: [webhook!.id] });
    // They are still sealed for their former owner.
    await moveOwner(api.database.pool, { from: 'local', to: 'ann', sealingKey });
    const [own] = await readOwnProviders(api.database.pool, sealingKey, 'ann', 10);
    expect(own).toMatchObject({ id: provider!.id, apiKey: 'sk-sealed-for-its-owner' });
  });

  it('that is killed moves nothing, and everything when it is run again', async () => {
    const count = async () =>
      (await api.database.pool.query("select count(*) as n from chats where owner = 'ann'")).rows[0].n as number;
    const before = await count();
    const release = await holdMoves();
    const child = spawn(process.execPath, scriptArgs('scripts/owner.ts', 'move', 'ann', 'local'), {
      env: { ...process.env, DATABASE_URL: api.database.url, DATA_DIR: dataDir },
    });
    await waiting('transactionid');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await release();
    expect(await count()).toBe(before);
    expect(await moveOwner(api.database.pool, { from: 'ann', to: 'local', sealingKey })).toMatchObject({
      rows: { chats: before },
    });
    expect(await count()).toBe(0);
  }, 120_000);

  it('refuses names that can not be owners, and says how it is called', async () => {
    expect(await run('move', 'local', 'a b')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("can't name an owner"),
    });
    expect(await run('move', 'ann', 'ann')).toMatchObject({ code: 1, stderr: expect.stringContaining('same owner') });
    expect(await run('delete')).toMatchObject({ code: 1, stderr: expect.stringContaining('Usage:') });
  });
});

describe('npm run owner -- key', () => {
  it('prints a key and the line of API_KEYS_FILE that fits it', async () => {
    const { stdout } = await run('key', 'ann', '2');
    const [, key = '', hash = ''] = /: (dt-\S+)\n.*sha256:([0-9a-f]{64}):ann:2\n/.exec(stdout) ?? [];
    const { createHash } = await import('node:crypto');
    expect(createHash('sha256').update(key).digest('hex')).toBe(hash);
    expect(await run('key', 'ann', '4')).toMatchObject({ code: 1 });
  });
});
