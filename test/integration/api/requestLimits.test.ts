import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Logger, pino } from 'pino';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import { startRedis, type TestRedis } from '../../support/postgres/redis.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { until } from '../../support/until.js';

const PER_MINUTE = 40;
const keys = { API_KEYS: 'k-ann:ann,k-ben:ben' };
const ann = { authorization: 'Bearer k-ann' };
const ben = { authorization: 'Bearer k-ben' };

/** What is left, the seconds until there is more, and the policy. */
function rateOf({ headers }: Response) {
  const [, name, left, seconds] = /^"([\w-]+)";r=(\d+);t=(\d+)$/.exec(headers.get('ratelimit') ?? '') ?? [];
  return { name, left: Number(left), seconds: Number(seconds), policy: headers.get('ratelimit-policy') };
}

const statuses = (answers: Response[]) => answers.map(({ status }) => status);
const many = (times: number, call: (n: number) => Promise<Response>) =>
  Promise.all(Array.from({ length: times }, (_, n) => call(n)));

describe('the limit of requests', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({
      env: { ...keys, REQUESTS_PER_MINUTE: String(PER_MINUTE), ALLOWED_ORIGINS: 'https://chat.example.com' },
    });
  }, 60_000);
  afterAll(() => api?.close());

  test.each([
    ['GET', '/v1/you', 200],
    ['GET', '/v1/nothing', 404],
    ['POST', '/v1/chats', 400],
    ['POST', '/v1/chats/import', 400],
    ['GET', '/openai/v1/models', 200],
    ['POST', '/openai/v1/chat/completions', 400],
    ['POST', '/openai/v1/responses', 400],
    ['POST', '/ai-sdk/v7/chat', 400],
    ['POST', '/ai-sdk/v5/chat', 400],
    ['POST', '/ag-ui', 400],
  ])('says what is left on the answer of %s %s, counted over all protocols', async (method, path, status) => {
    const call = () => fetch(api.url + path, { method, headers: ben, ...(method === 'POST' ? json('{"x":1}') : {}) });
    const [first, second] = [await call(), await call()];
    expect([first.status, second.status]).toEqual([status, status]);
    const [before, after] = [rateOf(first), rateOf(second)];
    expect(before).toMatchObject({ name: 'default', policy: `"default";q=${PER_MINUTE};w=60` });
    expect(after.left).toBe(before.left - 1);
    expect(before.seconds).toBeGreaterThan(0);
    expect(before.seconds).toBeLessThanOrEqual(60);

    function json(body: string) {
      return { body, headers: { ...ben, 'content-type': 'application/json' } };
    }
  });

  test('refuses exactly the requests beyond it, at once, with the headers on each refusal and in each protocol', async () => {
    const answers = await many(PER_MINUTE + 10, () => fetch(`${api.url}/v1/you`, { headers: ann }));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(PER_MINUTE);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    for (const path of ['/v1/you', '/openai/v1/models', '/ai-sdk/v7/chat/x/messages', '/ag-ui'])
      refused.push(await fetch(api.url + path, { headers: ann }));
    for (const answer of refused) {
      expect(answer.status).toBe(429);
      expect(rateOf(answer)).toMatchObject({ name: 'default', left: 0, policy: `"default";q=${PER_MINUTE};w=60` });
      expect(Number(answer.headers.get('retry-after'))).toBe(rateOf(answer).seconds);
    }
    const [first] = refused;
    expect(await first!.json()).toMatchObject({
      code: 'rate_limited',
      detail: expect.stringMatching(/^Try again in \d+ s: at most 40 requests a minute$/),
    });
    const stream = await fetch(`${api.url}/v1/chats/chat_1/events`, {
      headers: { ...ann, accept: 'text/event-stream' },
    });
    expect([stream.status, rateOf(stream).left]).toEqual([200, 0]);
    await stream.body?.cancel();
  });

  test('can be read by pages of allowed origins', async () => {
    const answer = await fetch(`${api.url}/v1/you`, { headers: { ...ben, origin: 'https://chat.example.com' } });
    const exposed = (answer.headers.get('access-control-expose-headers') ?? '').split(',');
    expect(exposed).toEqual(expect.arrayContaining(['RateLimit', 'RateLimit-Policy', 'Retry-After']));
  });

  test('of wrong keys is another one, and names itself', async () => {
    const answers = await many(PER_MINUTE + 1, (n) =>
      fetch(`${api.url}/v1/you`, { headers: { authorization: `Bearer wrong-${n}` } }),
    );
    const [refused] = answers.filter(({ status }) => status === 429);
    expect(rateOf(refused!)).toMatchObject({
      name: 'wrong-keys',
      left: 0,
      policy: `"wrong-keys";q=${PER_MINUTE};w=60`,
    });
  });
});

describe('the limit of requests at two apis with a Redis', () => {
  let redis: TestRedis;
  let database: TestDatabase;
  let apis: TestApi[] = [];
  beforeAll(async () => {
    [redis, database] = await Promise.all([startRedis(), createTestDatabase()]);
  }, 60_000);
  afterEach(async () => {
    await Promise.all(apis.map((api) => api.close()));
    apis = [];
  });
  afterAll(async () => {
    await redis?.stop();
    await database?.drop();
  });

  const start = (log?: Logger) => {
    const env = { ...keys, REQUESTS_PER_MINUTE: String(PER_MINUTE), RELAY_URL: redis.url };
    return startTestApi({ database, env, ...(log ? { log } : {}) });
  };
  let asked = 0;
  const ask = (n: number, headers: Record<string, string>) => {
    asked++;
    return fetch(`${apis[n % 2]!.url}/v1/you`, { headers });
  };
  /** Asks the two apis in turn until they count together. */
  const counted = (who: Record<string, string>) =>
    until('a shared count', async () => {
      const [first, second] = [rateOf(await ask(0, who)), rateOf(await ask(1, who))];
      return second.left === first.left - 1 ? second : null;
    });

  test('is one for both, also with parallel requests', async () => {
    apis = await Promise.all([start(), start()]);
    const { left } = await counted(ann);
    const answers = await many(left + 20, (n) => ask(n, ann));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(left);
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(20);
    expect((await ask(0, ben)).status).toBe(200);
  }, 60_000);

  test('is counted by each api while Redis is away, and together again when it is back', async () => {
    apis = await Promise.all([start(), start()]);
    await redis.stop();
    const answers = await many(2 * PER_MINUTE + 10, (n) => ask(n, ben));
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(2 * PER_MINUTE);
    expect(statuses(answers).filter((status) => status === 429)).toHaveLength(10);
    await redis.start();
    await counted(ben);
  }, 60_000);

  test('is counted by each api while Redis hangs, which no request waits for, and what was counted then is not counted again', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    apis = await Promise.all([start(log), start(log)]);
    await counted(ann);
    const { left: atFirst } = rateOf(await ask(0, ben));
    redis.hang();
    try {
      // The first answers wait for Redis.
      for (let n = 0; n < 3; n++) expect((await ask(n, ben)).status).toBe(200);
      const away = () => lines.filter((line) => /"counters".*Redis is away/.test(line)).length;
      await until('both apis notice it', async () => (away() === 2 ? true : null));
      const answers = await many(2 * PER_MINUTE, (n) => ask(n, ben));
      expect(statuses(answers).filter((status) => status === 200)).toHaveLength(2 * PER_MINUTE - 3);
      expect(statuses(answers).filter((status) => status === 429)).toHaveLength(3);
    } finally {
      redis.resume();
    }
    const before = asked;
    const { left } = await counted(ben);
    expect(atFirst - left).toBeLessThanOrEqual(3 + asked - before);
  }, 60_000);

  test('is counted by each api, and reported, while Redis has no memory left', async () => {
    const full = await startRedis('--maxmemory', '1', '--maxmemory-policy', 'noeviction');
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const api = await startTestApi({
      database,
      log,
      env: { ...keys, REQUESTS_PER_MINUTE: String(PER_MINUTE), RELAY_URL: full.url },
    });
    try {
      await until('a connection', async () => (lines.some((line) => line.includes('"counters"')) ? true : null));
      const answers = await many(PER_MINUTE + 5, () => fetch(`${api.url}/v1/you`, { headers: ben }));
      expect(statuses(answers).filter((status) => status === 200)).toHaveLength(PER_MINUTE);
      expect(lines.filter((line) => line.includes('Redis does not count requests'))).toHaveLength(1);
    } finally {
      await api.close();
      await full.stop();
    }
  }, 60_000);
});
