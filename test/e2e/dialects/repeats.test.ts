import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { type ScriptedService, startScriptedService } from '../../support/service/scriptedService.js';

let world: ScriptedService;
let pool: Pool;
beforeAll(async () => {
  world = await startScriptedService();
  pool = createPool((await world.service.run()).databaseUrl, { max: 1 });
}, 180_000);
afterAll(async () => {
  await pool?.end();
  await world?.dispose();
}, 60_000);
afterEach(() => world.provider.unscript());

type Answer = { id: string; data: { id: string; role: string }[]; error?: { code: string } };

/** Posts as a stock client does; `retries`: how often it has sent the same request before. */
async function post(path: string, body: object, retries = 0): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${world.service.api}/openai/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': String(retries) },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

const message = (role: string, content: string) => ({ type: 'message', role, content });
const itemsOf = async (id: string): Promise<Answer['data']> => {
  const response = await fetch(`${world.service.api}/openai/v1/conversations/${id}/items`);
  return ((await response.json()) as Answer).data;
};

describe('a repeated request', () => {
  test('for a conversation makes no second one, and adds no item twice', async () => {
    const made = { items: [message('user', 'Once')], metadata: { topic: 'tea' } };
    const first = await post('/conversations', made);
    const second = await post('/conversations', made, 1);
    expect(second.body).toEqual(first.body);
    expect((await post('/conversations', made)).body.id).not.toBe(first.body.id);
    const { id } = first.body;
    const added = { items: [message('user', 'Twice?')] };
    const items = await post(`/conversations/${id}/items`, added);
    expect((await post(`/conversations/${id}/items`, added, 1)).body).toEqual(items.body);
    expect(await itemsOf(id)).toHaveLength(2);
  });

  test('gets the turn of the first for as long as that runs, and for a minute after', async () => {
    const age = (time: string) => pool.query(`update dialect_requests set at = now() - $1::interval`, [time]);
    world.driveReplies();
    const asked = { model: 'm', input: 'Take your time.', background: true };
    const first = await post('/responses', asked);
    await age('11 minutes');
    // Another request clears old ones away.
    await post('/responses', { ...asked, input: 'Another' });
    await age('11 minutes');
    expect((await post('/responses', asked, 1)).body.id).toBe(first.body.id);
    const call = await world.nextAttempt(first.body.id);
    await call.send('Done.');
    for (const step of ending()) await call.push(step);
    await world.service.client.awaitTurnEnd(first.body.id);
    await age('11 minutes');
    expect((await post('/responses', asked, 2)).body.id).toBe(first.body.id);
    await age('11 minutes');
    await pool.query(`update turns set finished_at = now() - interval '2 minutes' where id = $1`, [first.body.id]);
    expect((await post('/responses', asked, 3)).body.id).not.toBe(first.body.id);
  }, 60_000);
});

describe('system items of a conversation', () => {
  test('are the instructions of a new one', async () => {
    world.provider.script(whole('Yes.'));
    const items = [message('system', 'Be short.'), message('user', 'A'), message('developer', 'Rhyme.')];
    const { body } = await post('/conversations', { items });
    await post('/responses', { model: 'm', input: 'B', conversation: body.id });
    const { messages } = world.provider.requests.at(-1)!.body as { messages: { role: string; content: string }[] };
    expect(messages[0]).toMatchObject({ role: 'system', content: 'Be short.\n\nRhyme.' });
  });

  test('are refused in one that exists', async () => {
    const { body } = await post('/conversations', {});
    const refused = await post(`/conversations/${body.id}/items`, { items: [message('developer', 'Rhyme.')] });
    expect([refused.status, refused.body.error?.code]).toEqual([400, 'unsupported_value']);
  });
});
