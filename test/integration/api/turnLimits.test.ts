import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

const TURNS = 5;
const QUEUED = 3;

let apis: TestApi[] = [];
beforeAll(async () => {
  const env = {
    API_KEYS: 'k-ann:ann,k-ben:ben,k-cleo:cleo',
    TURNS_PER_OWNER: String(TURNS),
    QUEUED_TURNS_PER_OWNER: String(QUEUED),
    // No request waits for a connection for long, however busy the machine is.
    DATABASE_POOL: '25',
  };
  const first = await startTestApi({ env });
  apis = [first, await startTestApi({ env, database: first.database })];
}, 60_000);
// The second one leaves the database to the first.
afterAll(async () => {
  for (const api of [...apis].reverse()) await api.close();
});

/** Calls as an owner, at the apis in turn. */
function as(who: string) {
  const calls = [0, 1].map((n) => sender(() => apis[n]!));
  return (method: string, path: string, body?: unknown, n = 0) =>
    calls[n % 2]!(method, path, body, { authorization: `Bearer k-${who}` });
}

async function newChats(who: string, count: number): Promise<string[]> {
  const made = [];
  for (let n = 0; n < count; n++) made.push(await as(who)('POST', '/v1/chats', { kind: 'agent' }, n));
  return made.map(({ body }) => `/v1/chats/${body.id}`);
}

const turnIdOf = ({ body }: { body: unknown }) => (body as { turn: { id: string } }).turn.id;

describe('an owner', () => {
  test('has no more turns at once than the limit, with 50 requests in parallel at two apis, and others are not affected', async () => {
    const chats = await newChats('ann', 50);
    const answers = await Promise.all(
      chats.map((chat, n) => as('ann')('POST', `${chat}/turns`, { text: `Post ${n}.` }, n)),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    expect([accepted.length, refused.length]).toEqual([TURNS, 50 - TURNS]);
    expect(refused[0]?.body).toMatchObject({
      code: 'limit_reached',
      detail: `turns: there may be at most ${TURNS}`,
    });
    expect(refused[0]?.headers.get('retry-after')).toBe('5');
    const { rows } = await apis[0]!.database.pool.query("select count(*)::int as turns from turns where owner = 'ann'");
    expect(rows).toEqual([{ turns: TURNS }]);

    const [mine = ''] = await newChats('ben', 1);
    expect((await as('ben')('POST', `${mine}/turns`, { text: 'I am another.' })).status).toBe(202);

    const [free = ''] = chats;
    expect((await as('ann')('POST', `${free}/turns`, { text: 'Still full.' })).status).toBe(409);
    await apis[0]!.database.pool.query("update turns set status = 'cancelled' where id = $1", [turnIdOf(accepted[0]!)]);
    expect((await as('ann')('POST', `${chats[49]}/turns`, { text: 'Now there is one left.' })).status).toBe(202);
  }, 120_000);

  test('has no more turns that wait than the limit', async () => {
    const [chat = ''] = await newChats('cleo', 1);
    const post = (n: number) => as('cleo')('POST', `${chat}/turns`, { text: `Post ${n}.` }, n);
    expect((await post(0)).status).toBe(202);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => post(n)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(QUEUED);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'limit_reached',
      detail: `queuedTurns: there may be at most ${QUEUED}`,
    });
    const [other = ''] = await newChats('cleo', 1);
    expect((await as('cleo')('POST', `${other}/turns`, { text: 'One more runs.' })).status).toBe(202);
    const refused = await fetch(`${apis[1]!.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer k-cleo', 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4.1', messages: [{ role: 'user', content: 'One too many.' }] }),
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([409, '5']);
    expect(await refused.json()).toMatchObject({
      error: { code: 'limit_reached', message: expect.stringContaining(`turns: there may be at most ${TURNS}`) },
    });
  }, 120_000);
});
