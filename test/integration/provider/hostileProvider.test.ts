import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createChat } from '../../../db/chats/newChat.js';
import { readEvents } from '../../../db/timeline/log.js';
import { owner, seedChat } from '../../support/chats/chats.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';
import { until } from '../../support/until.js';

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await startWorkerFleet('hostile', {
    REPLY_ATTEMPTS: '2',
    STUCK_AFTER_ATTEMPTS: '2',
    STUCK_RETRY_INITIAL_MS: '10',
  });
  await fleet.pool.query(poison);
  await fleet.start();
}, 120_000);
afterEach(() => {
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
});
afterAll(() => fleet?.close(), 60_000);

/** Stands for whatever Postgres may refuse that nothing here has thought of: words that it takes in no landing. */
const poison = `
  create function refuse_poison() returns trigger language plpgsql as $$
  begin
    if to_jsonb(new)::text like '%poison%' and to_jsonb(new)::text not like '%"truncated": true%' then
      raise exception 'refused' using errcode = '22P05';
    end if;
    return new;
  end $$;
  create trigger refuse_poison before insert on agent_iterations for each row execute function refuse_poison();
  create trigger refuse_poison before insert on events for each row
    when (new.kind in ('assistant_turn', 'edge_update', 'user_turn_parsed')) execute function refuse_poison();`;

const newAgentChat = () =>
  createChat(fleet.pool, owner, {
    kind: 'agent',
    title: null,
    documentId: null,
    settings: { enabledTools: ['calculate', 'delegate'] },
  });
const requestsOf = (turnId: string, step: string) =>
  fleet.provider.requests.flatMap(({ requestId }) =>
    requestId?.startsWith(`${turnId}/${step}/`) ? [requestId.split('/').at(-1)] : [],
  );
const isSubagent = ({ requestId }: Pick<ProviderCall, 'requestId'>) => requestId?.includes('/tool:') ?? false;
const hasResults = ({ body }: Pick<ProviderCall, 'body'>) => body.messages.some(({ role }) => role === 'tool');
const endOf = async (turnId: string, chatId: string) => {
  const turn = await fleet.ended(turnId, 60_000);
  return { turn, events: await readEvents(fleet.pool, chatId, { after: 0, limit: 1_000 }) };
};

describe('an attempt that fails after the provider has answered counts as a failed attempt', () => {
  test('when a reply cannot be stored', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script(() => whole('A ', 'poison', '.'));
    const turnId = await fleet.begin(chatId);
    const { turn } = await endOf(turnId, chatId);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    expect(turn.beats).toMatchObject([{ text: 'A poison.', truncated: true }]);
    expect(requestsOf(turnId, 'reply:0')).toEqual(['1', '2']);
  }, 90_000);

  test('when the iteration of an agent cannot be stored', async () => {
    const chat = await newAgentChat();
    fleet.provider.script(() => asking([tool('a', 'calculate', { expression: '1' })], [{ text: 'poison' }]));
    const turnId = await fleet.begin(chat.id);
    const { turn } = await endOf(turnId, chat.id);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    expect(requestsOf(turnId, 'reply:0')).toEqual(['1', '2']);
  }, 90_000);

  test('when the iteration of a sub-agent cannot be stored, and the model reads the failure', async () => {
    const chat = await newAgentChat();
    fleet.provider.script((call) => {
      if (isSubagent(call)) return whole('poison');
      return hasResults(call) ? whole('It failed.') : asking([tool('d', 'delegate', { task: 'Do it.' })]);
    });
    const turnId = await fleet.begin(chat.id);
    const { turn, events } = await endOf(turnId, chat.id);
    expect(turn.status).toBe('completed');
    expect(requestsOf(turnId, 'tool:call_0_0')).toEqual(['1', '2']);
    expect(events.find(({ kind }) => kind === 'tool_call_end')?.data).toMatchObject({
      success: false,
      result: expect.stringMatching(/^internal: /),
    });
  }, 90_000);

  test('when the answer of a classifier cannot be stored, and the step gets stuck', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.classify(({ name }) =>
      name === 'turn_parse' ? { json: { segments: [{ kind: 'action', text: 'poison' }] } } : undefined,
    );
    const turnId = await fleet.begin(chatId);
    const stuck = await until('the step is stuck', async () => {
      const events = await readEvents(fleet.pool, chatId, { after: 0, limit: 1_000 });
      return events.find(({ kind }) => kind === 'step_stuck') ?? null;
    });
    expect(stuck.data).toMatchObject({ step: 'parse', error: { code: 'internal' } });
    expect(requestsOf(turnId, 'parse')).toEqual(['1', '2']);
  }, 90_000);
});

describe('a hostile model', () => {
  test('whose sub-agent reply never ends is cut off once, and the calling model reads why', async () => {
    const chat = await newAgentChat();
    fleet.provider.script((call) => {
      if (isSubagent(call)) return { steps: [{ fill: { chars: 40_000_000, per: 10_000 } }, ...ending()] };
      return hasResults(call) ? whole('Too much.') : asking([tool('d', 'delegate', { task: 'Do it.' })]);
    });
    const turnId = await fleet.begin(chat.id);
    const { turn, events } = await endOf(turnId, chat.id);
    expect(turn).toMatchObject({ status: 'completed', beats: [{ text: 'Too much.' }] });
    expect(requestsOf(turnId, 'tool:call_0_0')).toEqual(['1']);
    expect(events.find(({ kind }) => kind === 'tool_call_end')?.data).toMatchObject({
      success: false,
      result: expect.stringMatching(/^reply_too_large: /),
    });
  }, 90_000);

  test('whose reply never ends is cut off once, and the text so far is kept', async () => {
    const { chatId } = await seedChat(fleet.pool);
    fleet.provider.script({ steps: [{ fill: { chars: 40_000_000, per: 10_000 } }, ...ending()] });
    const turnId = await fleet.begin(chatId);
    const { turn } = await endOf(turnId, chatId);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'reply_too_large' }, beats: [{ truncated: true }] });
    expect(turn.beats[0]?.text.length).toBeGreaterThan(16_000_000);
    expect(requestsOf(turnId, 'reply:0')).toEqual(['1']);
  }, 90_000);

  test('that makes more calls than a reply may hold is cut off once', async () => {
    const chat = await newAgentChat();
    const calls = Array.from({ length: 129 }, (_, n) => tool(`c${n}`, 'calculate', { expression: '1' }));
    fleet.provider.script(() => asking(calls));
    const turnId = await fleet.begin(chat.id);
    expect((await endOf(turnId, chat.id)).turn).toMatchObject({ status: 'failed', error: { code: 'reply_too_large' } });
    expect(requestsOf(turnId, 'reply:0')).toEqual(['1']);
  }, 90_000);

  test('gets its own ids of calls back, which are stored nowhere else', async () => {
    const chat = await newAgentChat();
    const ids = ['evil/../%00', 'call_0_2', '', 'evil/../%00', 'x'.repeat(5_000)];
    const calls = ids.map((id) => tool(id, 'calculate', { expression: '6*7' }));
    fleet.provider.script((call) => (hasResults(call) ? whole('42.') : asking(calls)));
    const turnId = await fleet.begin(chat.id);
    const { turn, events } = await endOf(turnId, chat.id);
    expect(turn.status).toBe('completed');
    const sentBack = fleet.provider.requests
      .filter(hasResults)
      .flatMap(({ body }) => body.messages as { role: string; tool_call_id?: string }[])
      .flatMap(({ role, tool_call_id }) => (role === 'tool' ? [tool_call_id] : []));
    expect(sentBack).toEqual(['evil/../%00', 'call_0_2', 'call_0_2_2', 'call_0_3', 'x'.repeat(5_000)]);
    const ours = events.flatMap(({ kind, data }) => (kind === 'tool_call_start' ? [(data as { id: string }).id] : []));
    expect(ours).toEqual([0, 1, 2, 3, 4].map((n) => `call_0_${n}`));
    expect(JSON.stringify(events)).not.toContain('evil');
    expect(turn.steps.map(({ name }) => name)).toEqual(['reply:0', ...ours.map((id) => `tool:${id}`), 'reply:1']);
  }, 90_000);
});
