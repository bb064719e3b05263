import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { Turn } from '../../../client/src/index.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { markStuck } from '../../../db/turns/steps.js';
import { type GuestChat, newGuestChat, sender } from '../../support/chats/narrativeApi.js';
import { startTestApi, type TestApi } from '../../support/service/api.js';
import { freePort } from '../../support/service/freePort.js';

let api: TestApi;
let connection: Connection;
beforeAll(async () => {
  api = await startTestApi();
  connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS ?? '' });
}, 60_000);
afterAll(async () => {
  await connection.close();
  await api.close();
});

const send = sender(() => api);
const both = ['retry', 'skip'] as const;
const pathOf = (turnId: string, step: string, command: string) =>
  `/v1/turns/${turnId}/steps/${encodeURIComponent(step)}/${command}`;

/** A turn whose workflow is started and whose step is stuck, as the worker leaves it. */
async function stuckTurn(from: TestApi = api): Promise<GuestChat & { turn: Turn; step: string }> {
  const world = await newGuestChat(from);
  const turn = await from.client.postTurn(world.chat.id, 'Good evening.');
  const step = `state_update:${world.hostId}>you:0`;
  await markStuck(from.database.pool, { turnId: turn.id, name: step }, 0, 'provider_error');
  return { ...world, turn, step };
}

/** The signals that a workflow has been sent, with what they said. */
async function signalsOf(turnId: string) {
  const { events } = await new Client({ connection }).workflow.getHandle(turnId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: sent }) =>
    sent ? [[sent.signalName, JSON.parse(Buffer.from(sent.input?.payloads?.[0]?.data ?? []).toString())]] : [],
  );
}

describe.each(both)('to %s a step', (command) => {
  it('that is stuck is accepted and sent to its workflow', async () => {
    const { turn, step } = await stuckTurn();
    const answer = await send('POST', pathOf(turn.id, step, command));
    expect(answer).toMatchObject({ status: 202, body: null });
    expect(await signalsOf(turn.id)).toEqual([[`${command}Step`, { step }]]);
  });

  it('is accepted with its name plain or URL-encoded', async () => {
    const { turn, step } = await stuckTurn();
    for (const name of [step, encodeURI(step), step.replaceAll(':', '%3a').replaceAll('>', '%3e')]) {
      expect((await send('POST', `/v1/turns/${turn.id}/steps/${name}/${command}`)).status).toBe(202);
    }
  });

  it('that is not stuck is refused', async () => {
    const { turn, hostId } = await stuckTurn();
    for (const step of ['reply:0', `state_update:you>${hostId}:0`, 'nonsense', ' ', 'a/b']) {
      const answer = await send('POST', pathOf(turn.id, step, command), {});
      expect(answer).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
    }
    expect(await signalsOf(turn.id)).toEqual([]);
  });

  it('of a turn that has ended is refused', async () => {
    const { turn, step } = await stuckTurn();
    await finishTurn(api.database.pool, turn.id, { status: 'completed' });
    const answer = await send('POST', pathOf(turn.id, step, command));
    expect(answer).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
  });

  it('of a turn that does not exist is refused', async () => {
    for (const id of ['turn_0190d7e2-0000-7000-8000-000000000000', 'turn_x', 'nothing']) {
      const answer = await send('POST', pathOf(id, 'reply:0', command));
      expect(answer).toMatchObject({ status: 404, body: { code: 'turn_not_found' } });
    }
  });

  it('whose workflow was terminated is refused', async () => {
    const { turn, step } = await stuckTurn();
    await new Client({ connection }).workflow.getHandle(turn.id).terminate();
    const answer = await send('POST', pathOf(turn.id, step, command));
    expect(answer).toMatchObject({ status: 409, body: { code: 'step_not_stuck' } });
  });

  it('with an unexpected body or an invalid name is refused', async () => {
    const { turn, step } = await stuckTurn();
    expect(await send('POST', pathOf(turn.id, step, command), { step })).toMatchObject({
      status: 400,
      body: { code: 'invalid_body' },
    });
    expect(await send('POST', `/v1/turns/${turn.id}/steps/%zz/${command}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_path' },
    });
  });
});

describe('a step command with Temporal away', () => {
  let away: TestApi;
  beforeAll(async () => {
    away = await startTestApi({ temporal: `127.0.0.1:${await freePort()}` });
  }, 60_000);
  afterAll(() => away.close());

  it.each(both)(
    'to %s is refused with 503',
    async (command) => {
      const { turn, step } = await stuckTurn(away);
      const answer = await away.client.send<{ code: string }>('POST', pathOf(turn.id, step, command));
      expect(answer).toMatchObject({ status: 503, body: { code: 'engine_unreachable' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    },
    20_000,
  );
});

describe('a step command of another owner', () => {
  let keyed: TestApi;
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  beforeAll(async () => {
    keyed = await startTestApi({ env: { API_KEYS: 'mine:me,yours:you' } });
  }, 60_000);
  afterAll(() => keyed.close());

  it('is answered 404', async () => {
    const { client } = keyed;
    const mine = await client.send<{ id: string }>('POST', '/v1/characters', { name: 'M', persona: '' }, as('mine'));
    const yours = await client.send<{ id: string }>('POST', '/v1/characters', { name: 'Y', persona: '' }, as('yours'));
    const narrative = { kind: 'narrative', hostId: mine.body.id };
    const foreign = await client.send('POST', '/v1/chats', { ...narrative, guestId: yours.body.id }, as('mine'));
    expect(foreign).toMatchObject({ status: 404, body: { code: 'character_not_found' } });
    const chat = await client.send<{ id: string }>('POST', '/v1/chats', narrative, as('mine'));
    const path = `/v1/chats/${chat.body.id}`;
    const calls: [string, string, unknown][] = [
      ['GET', `${path}/edges`, undefined],
      ['GET', `${path}/memories`, undefined],
      ['GET', `${path}/scenes`, undefined],
      ['GET', `${path}/storyEvents`, undefined],
      ['POST', `${path}/storyEvents`, { title: 'a', description: '' }],
      ['POST', `${path}/scenes`, { container: 'a' }],
      ['POST', `${path}/scenes/current/close`, {}],
      ['PATCH', path, { guestId: yours.body.id }],
    ];
    for (const [method, url, body] of calls) {
      const answer = await client.send(method, url, body, as('yours'));
      expect(answer).toMatchObject({ status: 404, body: { code: 'chat_not_found' } });
    }
    const posted = await client.send<{ turn: Turn }>('POST', `${path}/turns`, { text: 'hi' }, as('mine'));
    const { turn } = posted.body;
    await markStuck(keyed.database.pool, { turnId: turn.id, name: 'parse' }, 0, 'provider_error');
    const answer = await client.send('POST', pathOf(turn.id, 'parse', 'retry'), undefined, as('yours'));
    expect(answer).toMatchObject({ status: 404, body: { code: 'turn_not_found' } });
  });
});

describe('the OpenAPI document of the narrative calls', () => {
  it('has every call for edges, memories, scenes, story events and stuck steps', async () => {
    const { body } = await api.client.send<{ paths: Record<string, Record<string, { responses: object }>> }>(
      'GET',
      '/openapi.json',
    );
    const calls: Record<string, string[]> = {
      '/v1/chats/{chatId}/edges': ['get', 'patch'],
      '/v1/chats/{chatId}/memories': ['get', 'post'],
      '/v1/chats/{chatId}/memories/{memoryId}': ['delete', 'patch'],
      '/v1/chats/{chatId}/scenes': ['get', 'post'],
      '/v1/chats/{chatId}/scenes/current/close': ['post'],
      '/v1/chats/{chatId}/storyEvents': ['get', 'post'],
      '/v1/turns/{turnId}/steps/{name}/retry': ['post'],
      '/v1/turns/{turnId}/steps/{name}/skip': ['post'],
    };
    for (const [path, methods] of Object.entries(calls)) {
      expect(Object.keys(body.paths[path] ?? {}).sort()).toEqual(methods);
    }
    const retry = body.paths['/v1/turns/{turnId}/steps/{name}/retry']?.post?.responses;
    expect(Object.keys(retry ?? {})).toEqual(expect.arrayContaining(['202', '404', '409', '503']));
  });
});
