import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Turn } from '../../../client/src/index.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';

jest.setTimeout(20_000);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, 60_000);
afterAll(() => api.close());

const post = (chatId: string, body: unknown, headers: Record<string, string> = {}) =>
  api.client.send<{ turn: Turn; code: string }>('POST', `/v1/chats/${chatId}/turns`, body, headers);
/** Ends a turn as its workflow would. No worker runs here. */
const finish = (turnId: string) => finishTurn(api.database.pool, turnId, { status: 'completed' });
const chatOf = (chatId: string) => api.client.getChat(chatId);

describe('a turn', () => {
  it('is answered 202 with its Location and its resource', async () => {
    const chat = await api.client.newChat();
    const answer = await post(chat.id, { text: 'Who goes there?' });
    expect(answer.status).toBe(202);
    const { turn } = answer.body;
    expect(answer.headers.get('location')).toBe(`/v1/turns/${turn.id}`);
    expect(turn).toMatchObject({
      chatId: chat.id,
      kind: 'narrative',
      status: 'running',
      userTurnSeq: 2,
      beats: [],
      steps: [],
      usage: null,
      warnings: [],
      workflowId: turn.id,
      temporalUiUrl: `http://127.0.0.1:8233/namespaces/default/workflows/${turn.id}`,
      engine: 'ok',
    });
    expect(await chatOf(chat.id)).toMatchObject({ seq: 2, activeTurnId: turn.id, queue: [] });
  });

  it('waits for the floor in the order of the posts, except that an interrupt goes first', async () => {
    const chat = await api.client.newChat();
    const ids = [];
    for (const whenBusy of ['enqueue', 'enqueue', 'enqueue', 'interrupt', 'interrupt']) {
      ids.push((await post(chat.id, { text: whenBusy, whenBusy })).body.turn.id);
    }
    const [first, second, third, interrupt, later] = ids;
    const { activeTurnId, queue } = await chatOf(chat.id);
    expect(activeTurnId).toBe(first);
    expect(queue).toEqual([later, interrupt, second, third]);
    const waiting = await api.client.getTurn(String(third));
    expect(waiting).toMatchObject({ status: 'queued', queuePosition: 4, engine: 'ok' });
  });

  it('with whenBusy reject is refused while another turn holds the floor', async () => {
    const chat = await api.client.newChat();
    await post(chat.id, { text: 'one' });
    const refused = await post(chat.id, { text: 'two', whenBusy: 'reject' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'turn_in_progress' } });
    expect((await chatOf(chat.id)).seq).toBe(2);
  });

  it.each(['', ' ', '\n\t\r ', '\u00a0\u2003', '\u200b\ufeff', '\u0007'])(
    'of blank text %j is refused',
    async (text) => {
      const chat = await api.client.newChat();
      expect(await post(chat.id, { text })).toMatchObject({ status: 400, body: { code: 'empty_text' } });
    },
  );

  it('for a chat that does not exist is refused', async () => {
    for (const id of ['chat_0190d7e2-0000-7000-8000-000000000000', 'chat_x', 'nothing', '%00', "chat_'--"]) {
      expect(await post(id, { text: 'hi' })).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    }
  });

  it('keeps its text unchanged, except for lone surrogates', async () => {
    const chat = await api.client.newChat();
    const text = '  “Hé!”\r\n<b>\u{1f9ed} e\u0301 \ud83d';
    await post(chat.id, { text, quote: 'q\udc00' });
    const [, said] = await api.client.events(chat.id);
    expect(said?.data).toMatchObject({ text: text.toWellFormed(), quote: 'q\ufffd' });
  });

  it('may be as long as the limit of a body', async () => {
    const chat = await api.client.newChat();
    const answer = await post(chat.id, { text: 'x'.repeat(1024 * 1024 - 11) });
    expect(answer.status).toBe(202);
    const tooLong = await post(chat.id, { text: 'x'.repeat(1024 * 1024 - 10) });
    expect(tooLong).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  });
});

describe('an Idempotency-Key', () => {
  it('that is repeated returns the same turn and starts nothing', async () => {
    const chat = await api.client.newChat();
    const key = { 'Idempotency-Key': 'once' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(chat.id, { text: 'one' }, key)));
    expect(new Set(answers.map((answer) => answer.body.turn.id)).size).toBe(1);
    expect(answers.every((answer) => answer.status === 202)).toBe(true);
    expect((await chatOf(chat.id)).seq).toBe(2);
    const spelledOut = await post(chat.id, { whenFailed: 'fail', whenBusy: 'enqueue', text: 'one' }, key);
    expect(spelledOut.body.turn.id).toBe(answers[0]?.body.turn.id);
  });

  it.each([{ text: 'two' }, { text: 'one', quote: 'q' }, { text: 'one', whenBusy: 'reject' }])(
    'with another body %j is a mismatch',
    async (body) => {
      const chat = await api.client.newChat();
      await post(chat.id, { text: 'one' }, { 'Idempotency-Key': 'k' });
      const answer = await post(chat.id, body, { 'Idempotency-Key': 'k' });
      expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch' } });
    },
  );

  it('is valid for its chat only', async () => {
    const [one, two] = [await api.client.newChat(), await api.client.newChat()];
    const a = await post(one.id, { text: 'one' }, { 'Idempotency-Key': 'k' });
    const b = await post(two.id, { text: 'one' }, { 'Idempotency-Key': 'k' });
    expect(a.body.turn.id).not.toBe(b.body.turn.id);
  });

  it('that is repeated returns a turn that has ended, also where a new one would be refused', async () => {
    const chat = await api.client.newChat();
    const body = { text: 'one', whenBusy: 'reject' };
    const first = await post(chat.id, body, { 'Idempotency-Key': 'k' });
    expect((await post(chat.id, body, { 'Idempotency-Key': 'k' })).body.turn.id).toBe(first.body.turn.id);
    await finish(first.body.turn.id);
    const again = await post(chat.id, body, { 'Idempotency-Key': 'k' });
    expect(again).toMatchObject({ status: 202, body: { turn: { id: first.body.turn.id, status: 'completed' } } });
  });

  it.each(['x'.repeat(256), '\u00e9'])('of %j is refused', async (key) => {
    const chat = await api.client.newChat();
    const answer = await post(chat.id, { text: 'one' }, { 'Idempotency-Key': key });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_idempotency_key' } });
  });
});

describe('Prefer: wait', () => {
  it('is answered 200 as soon as the turn has ended', async () => {
    const chat = await api.client.newChat();
    const begun = Date.now();
    const waiting = post(chat.id, { text: 'one' }, { Prefer: 'wait=20', 'Idempotency-Key': 'k' });
    const { body } = await post(chat.id, { text: 'one' }, { 'Idempotency-Key': 'k' });
    await finish(body.turn.id);
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 200, body: { turn: { id: body.turn.id, status: 'completed' } } });
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('is answered 202 when the turn has not ended in time', async () => {
    const chat = await api.client.newChat();
    const answer = await post(chat.id, { text: 'one' }, { Prefer: 'wait=1' });
    expect(answer).toMatchObject({ status: 202, body: { turn: { status: 'running' } } });
  });

  it('is answered 202 when the service stops meanwhile', async () => {
    const other = await startTestApi();
    const chat = await other.client.newChat();
    const path = `/v1/chats/${chat.id}/turns`;
    const waiting = other.client.send('POST', path, { text: 'one' }, { Prefer: 'wait=30', 'Idempotency-Key': 'k' });
    await other.client.send('POST', path, { text: 'one' }, { 'Idempotency-Key': 'k' });
    await other.close();
    expect((await waiting).status).toBe(202);
  });
});

describe('an event stream as the answer to a post', () => {
  it('has only the frames of the turn and ends with it', async () => {
    const chat = await api.client.newChat();
    await post(chat.id, { text: 'before' });
    const response = await fetch(`${api.url}/v1/chats/${chat.id}/turns`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ text: 'mine' }),
      signal: AbortSignal.timeout(20_000),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    const turnId = String(response.headers.get('location')).replace('/v1/turns/', '');
    const { activeTurnId } = await chatOf(chat.id);
    await finish(String(activeTurnId));
    await finish(turnId);
    const frames = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)));
    expect(frames.every((frame) => frame.turnId === turnId)).toBe(true);
    const kinds = frames.filter((frame) => frame.type === 'event').map((frame) => frame.kind);
    expect(kinds).toEqual(['user_turn', 'turn_completed']);
  });

  it('is refused like a post without one', async () => {
    const chat = await api.client.newChat();
    const answer = await post(chat.id, { text: '' }, { accept: 'text/event-stream' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'empty_text' } });
  });
});

describe('a stop', () => {
  it('is answered 204 in any state of the turn, also when repeated', async () => {
    const chat = await api.client.newChat();
    const running = await api.client.postTurn(chat.id, 'one');
    const queued = await api.client.postTurn(chat.id, 'two');
    for (let i = 0; i < 3; i++) {
      expect((await api.client.cancelTurn(running.id)).status).toBe(204);
      expect((await api.client.cancelTurn(queued.id)).status).toBe(204);
      expect((await api.client.cancelChat(chat.id)).status).toBe(204);
    }
    expect((await api.client.getTurn(queued.id)).status).toBe('cancelled');
    const events = await api.client.events(chat.id);
    expect(events.filter((event) => event.turnId === queued.id).map((event) => event.kind)).toEqual([
      'user_turn',
      'turn_completed',
    ]);
  });

  it('of a chat does not change its queue', async () => {
    const chat = await api.client.newChat();
    await api.client.postTurn(chat.id, 'one');
    const queued = await api.client.postTurn(chat.id, 'two');
    await api.client.cancelChat(chat.id);
    expect((await chatOf(chat.id)).queue).toEqual([queued.id]);
  });

  it('of a turn that does not exist is answered 404', async () => {
    expect((await api.client.cancelTurn('turn_x')).status).toBe(404);
    expect((await api.client.cancelChat('chat_x')).status).toBe(404);
  });
});

describe('the command of an operator', () => {
  it('is refused while no step is stuck and no approval pending', async () => {
    const chat = await api.client.newChat();
    const { id } = await api.client.postTurn(chat.id, 'one');
    for (const path of ['steps/reply:0/retry', 'steps/state_update:you%3Echr_1:0/skip']) {
      const answer = await api.client.send('POST', `/v1/turns/${id}/${path}`);
      expect(answer).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
    }
    const approval = await api.client.send('POST', `/v1/turns/${id}/approvals/call_1`, { approved: true });
    expect(approval).toMatchObject({ status: 409, body: { code: 'approval_not_pending' } });
    const unknown = await api.client.send('POST', '/v1/turns/turn_x/steps/reply:0/retry');
    expect(unknown).toMatchObject({ status: 404, body: { code: 'turn_not_found' } });
  });
});

describe('the transcript', () => {
  it('has pages without a gap or a repeat', async () => {
    const chat = await api.client.newChat();
    for (const text of ['one', 'two', 'three']) await api.client.postTurn(chat.id, text);
    const first = await api.client.send<{ items: { content: string }[]; next: string }>(
      'GET',
      `/v1/chats/${chat.id}/messages?limit=2`,
    );
    const rest = await api.client.send<{ items: { content: string }[]; next: null }>(
      'GET',
      `/v1/chats/${chat.id}/messages?limit=2&cursor=${first.body.next}`,
    );
    expect([...first.body.items, ...rest.body.items].map((item) => item.content)).toEqual(['one', 'two', 'three']);
    expect(rest.body.next).toBeNull();
    const wrong = await api.client.send('GET', `/v1/chats/${chat.id}/messages?cursor=zzz`);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
  });
});

it('a request that waits for a turn is answered 404 when the turn is deleted', async () => {
  const chat = await api.client.newChat();
  const waiting = post(chat.id, { text: 'one' }, { Prefer: 'wait=20' });
  while ((await chatOf(chat.id)).activeTurnId === null) await delay(20);
  await api.client.send('DELETE', `/v1/chats/${chat.id}`);
  expect(await waiting).toMatchObject({ status: 404, body: { code: 'turn_not_found' } });
});
