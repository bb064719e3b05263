import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readProviderFacts, saveProviderFacts } from '../../../db/chats/providerFacts.js';
import { createProvider, listProviders } from '../../../db/chats/providers.js';
import type { ProviderFact } from '../../../domain/providers/providerFact.js';
import { createLog } from '../../../telemetry/log/log.js';
import { createProviderFacts } from '../../../worker/providerFacts.js';
import { owner } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { until } from '../../support/until.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
}, 60_000);
afterAll(() => database?.drop());

const server = { providerId: null, baseUrl: 'http://models.example/v1' };
const noTemperature: ProviderFact = { kind: 'without', field: 'temperature' };
const renamed: ProviderFact = { kind: 'renamed', field: 'max_tokens', to: 'max_completion_tokens' };
const keptMs = 60_000;

/** The facts as one worker sees them. */
function worker() {
  const events: string[] = [];
  const onFact = (event: string, { kind }: ProviderFact) => void events.push(`${event} ${kind}`);
  return { events, facts: createProviderFacts({ pool: database.pool, log: createLog('silent', 'worker'), onFact }) };
}

describe('facts about a provider', () => {
  test('are used at once by the worker that learns them, and soon by the others', async () => {
    const [one, other] = [worker(), worker()];
    expect(await other.facts.of(server).read('o3')).toEqual([]);
    one.facts.of(server).learned('o3', [
      { fact: noTemperature, keep: 'weeks' },
      { fact: renamed, keep: 'day' },
    ]);
    expect(await one.facts.of(server).read('o3')).toEqual([noTemperature, renamed]);
    const seen = async () => (await other.facts.of(server).read('o3')).length === 2 || null;
    await until('the other worker reads the facts', seen);
    expect(await other.facts.of(server).read('gpt-4.1')).toEqual([]);
    expect(await other.facts.of({ ...server, baseUrl: 'http://other.example/v1' }).read('o3')).toEqual([]);
    one.facts.of(server).forgotten('o3', [renamed]);
    expect(await one.facts.of(server).read('o3')).toEqual([noTemperature]);
    await until('the fact is deleted', async () => (await stored('o3')).length === 1 || null);
    expect(one.events).toEqual(['learned without', 'learned renamed', 'forgotten renamed']);
  });

  const stored = (model: string) => readProviderFacts(database.pool, { ...server, model });

  test('are kept once, until they expire', async () => {
    const of = { ...server, model: 'm' };
    await saveProviderFacts(database.pool, of, [{ fact: noTemperature, keptMs }]);
    await saveProviderFacts(database.pool, of, [
      { fact: renamed, keptMs: -1 },
      { fact: noTemperature, keptMs },
    ]);
    expect(await stored('m')).toEqual([noTemperature]);
  });

  test('are at most 200 for a provider, the newest', async () => {
    for (let n = 0; n < 205; n++) {
      await saveProviderFacts(database.pool, { ...server, model: `many-${n}` }, [{ fact: noTemperature, keptMs }]);
    }
    const { rows } = await database.pool.query('select count(*)::int as n from provider_facts');
    expect(rows[0].n).toBe(200);
    expect(await stored('many-204')).toEqual([noTemperature]);
    expect(await stored('many-0')).toEqual([]);
  });

  test('of a stored provider are in its list in words, and are deleted with it', async () => {
    const wish = { name: 'p', apiKey: 'k', defaultModel: 'm', baseUrl: server.baseUrl };
    const { id } = await createProvider(database.pool, randomBytes(32), { owner, isOperator: false }, wish);
    await saveProviderFacts(database.pool, { providerId: id, baseUrl: server.baseUrl, model: 'm' }, [
      { fact: noTemperature, keptMs },
      { fact: { kind: 'fixed', field: 'reasoning_effort', value: 'none', when: 'tools' }, keptMs },
    ]);
    const [provider] = await listProviders(database.pool, owner, { after: null, limit: 10 });
    expect(provider?.learned).toMatchObject([
      { model: 'm', fact: 'without temperature' },
      { model: 'm', fact: 'reasoning_effort is "none" with tools' },
    ]);
    await database.pool.query('delete from providers where id = $1', [id]);
    const { rows } = await database.pool.query('select from provider_facts where provider_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  test('are what this process knows while Postgres is away', async () => {
    const away = createProviderFacts({
      pool: { query: () => Promise.reject(new Error('away')) } as unknown as typeof database.pool,
      log: createLog('silent', 'worker'),
      onFact: () => undefined,
    });
    expect(await away.of(server).read('o3')).toEqual([]);
    away.of(server).learned('o3', [{ fact: noTemperature, keep: 'weeks' }]);
    expect(await away.of(server).read('o3')).toEqual([noTemperature]);
  });
});
