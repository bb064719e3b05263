import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createPool } from '../../../db/core/pool.js';
import type { EventData } from '../../../domain/log/events.js';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
import type { Played } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { ending, whole } from '../../support/provider/scriptedReply.js';
import { until } from '../../support/until.js';

let world: AgentWorld;
beforeAll(async () => {
  world = await startAgentWorld();
  await until('the tools of the MCP servers', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'safe')) ? true : null,
  );
}, 180_000);
afterAll(() => world?.dispose(), 60_000);
afterEach(() => world.provider.unscript());

const replyOf = ({ events }: Played) => {
  const replies = events.flatMap((event) => (event.kind === 'assistant_turn' ? [event.data] : []));
  expect(replies).toHaveLength(1);
  return replies[0]!;
};
const resultsOf = (reply: EventData<'assistant_turn'>) =>
  reply.steps?.flatMap(({ type, callId, success, content }) =>
    type === 'tool_result' ? [{ callId, success, content }] : [],
  );

describe('an agent', () => {
  test('thinks, calls tools in parallel and answers in one reply, whose steps viewers see as they happen', async () => {
    const { chat, path } = await world.newAgent();
    const viewer = world.watch(chat.id);
    world.provider.script(
      asking(
        [tool('c1', 'calculate', { expression: '6 * 7' }), tool('c2', named('echo', 'safe'), { word: 'hi' })],
        [{ thinking: 'I must count.' }, { text: 'Let me see.' }],
      ),
      whole('It is ', '42.'),
    );
    const played = await world.play(chat.id, 'What is six times seven?');
    const reply = replyOf(played);
    expect(played.turn).toMatchObject({ status: 'completed', usage: { llmCallCount: 2, toolCallCount: 2 } });
    expect(reply).toMatchObject({ text: 'Let me see.It is 42.', truncated: false, beat: 0 });
    expect(reply.steps?.map(({ id: _, ...step }) => step)).toEqual([
      { index: 0, type: 'thinking', content: 'I must count.' },
      { index: 1, type: 'text', content: 'Let me see.' },
      { index: 2, type: 'tool_call', callId: 'call_0_0', name: 'calculate', arguments: { expression: '6 * 7' } },
      { index: 3, type: 'tool_call', callId: 'call_0_1', name: named('echo', 'safe'), arguments: { word: 'hi' } },
      { index: 4, type: 'tool_result', callId: 'call_0_0', content: '42', success: true },
      { index: 5, type: 'tool_result', callId: 'call_0_1', content: 'echo hi', success: true },
      { index: 6, type: 'text', content: 'It is 42.' },
    ]);
    const kinds = played.events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('tool_call'))).toEqual([
      'tool_call_start',
      'tool_call_start',
      'tool_call_end',
      'tool_call_end',
    ]);
    await viewer.untilEnd(played.turn.id);
    const frames = viewer.frames;
    expect(frames.filter(({ type }) => type === 'restart')).toEqual([]);
    const seen = frames.flatMap((frame) => (frame.type === 'step' ? [frame.step] : []));
    const byIndex = seen.toSorted((a, b) => a.index - b.index);
    expect(byIndex.map(({ id }) => id)).toEqual(reply.steps?.map(({ id }) => id));
    const tokens = frames.flatMap((frame) => (frame.type === 'token' && frame.channel === 'text' ? [frame.text] : []));
    expect(tokens.join('')).toBe(reply.text);
    const asked = played.calls.map(({ step, attempt }) => `${step}/${attempt}`);
    expect(asked).toEqual(['reply:0/1', 'reply:1/1']);
    expect(played.calls[1]?.call.body.messages.slice(-3)).toMatchObject([
      { role: 'assistant', content: 'Let me see.' },
      { role: 'tool', tool_call_id: 'c1', content: '42' },
      { role: 'tool', tool_call_id: 'c2', content: 'echo hi' },
    ]);
    expect(await world.list(`${path}/messages`)).toHaveLength(2);
  }, 60_000);

  test('uses the tools that its chat enables, and reads and edits its document', async () => {
    const { client } = world.service();
    const { body: document } = await client.send<{ id: string }>('POST', '/v1/documents', {
      title: 'T',
      body: 'A cat.',
    });
    const { chat } = await world.newAgent({
      documentId: document.id,
      systemPrompt: 'Edit.',
      model: 'thinker',
      temperature: 0.3,
      thinkingEnabled: true,
      enabledTools: ['read_document', 'propose_edit'],
    });
    const edit = { original: 'cat', proposed: 'dog', reason: 'Barks.' };
    world.provider.script(
      asking([tool('r', 'read_document')]),
      asking([tool('e', 'propose_edit', edit), tool('n', 'propose_edit', { ...edit, original: 'cow' })]),
      whole('Proposed.'),
    );
    const played = await world.play(chat.id);
    expect(played.calls[0]?.call.body).toMatchObject({
      model: 'thinker',
      temperature: 0.3,
      reasoning_effort: 'medium',
      messages: [{ role: 'system', content: 'Edit.' }, { role: 'user' }],
      tools: [{ function: { name: 'read_document' } }, { function: { name: 'propose_edit' } }],
    });
    expect(resultsOf(replyOf(played))).toMatchObject([
      { callId: 'call_0_0', success: true, content: expect.stringContaining('A cat.') },
      { callId: 'call_1_0', success: true },
      { callId: 'call_1_1', success: false, content: expect.stringMatching(/^original_not_found/) },
    ]);
    const changes = await world.list(`/v1/documents/${document.id}/changes`);
    expect(changes).toMatchObject([{ ...edit, state: 'pending' }]);
    const accepted = await client.send('POST', `/v1/changes/${changes[0]?.id}/accept`);
    expect(accepted.status).toBe(200);
  }, 60_000);

  test('reads the error of a failed tool and continues', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(
      asking([
        tool('a', named('broken')),
        tool('b', named('refusing')),
        tool('c', named('huge')),
        tool('d', named('hanging', 'fast')),
        tool('e', 'calculate', '{"expression": '),
        tool('f', 'calculate', { expression: 5 }),
        tool('g', 'read_document'),
        tool('h', 'made_up'),
        tool('i', 'calculate', { expression: '1 +' }),
        tool('j\0', 'calculate', '{"expression": "\\u0000"}'),
        tool('k', 'calculate', `{"expression": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
        tool('a', 'calculate\0', { expression: '1' }),
      ]),
      whole('Nothing worked.'),
    );
    const played = await world.play(chat.id);
    expect(played.turn.status).toBe('completed');
    const results = resultsOf(replyOf(played));
    expect(results?.map(({ callId, success, content }) => [callId, success, content?.split(':')[0]])).toEqual([
      ['call_0_0', false, 'tool_failed'],
      ['call_0_1', false, 'no such luck'],
      ['call_0_2', false, 'tool_result_too_large'],
      ['call_0_3', false, 'tool_timed_out'],
      ['call_0_4', false, 'bad_arguments'],
      ['call_0_5', false, 'bad_arguments'],
      ['call_0_6', false, 'tool_not_enabled'],
      ['call_0_7', false, 'tool_not_found'],
      ['call_0_8', false, 'bad_expression'],
      ['call_0_9', false, 'bad_arguments'],
      ['call_0_10', false, 'bad_arguments'],
      ['call_0_11', false, 'tool_not_found'],
    ]);
    expect(results?.[0]?.content).toBe('tool_failed: a secret of the server');
  }, 60_000);

  test('runs tools in parallel, in the time of the slowest', async () => {
    const { chat } = await world.newAgent();
    const calls = [900, 800, 700, 600].map((ms, n) => tool(`s${n}`, named('slow', 'safe'), { ms, word: `${n}` }));
    world.provider.script(asking(calls), whole('Done.'));
    const { events } = await world.play(chat.id);
    const at = (kind: string) => events.filter((event) => event.kind === kind).map((event) => Date.parse(event.at));
    const started = Math.min(...at('tool_call_start'));
    const ended = Math.max(...at('tool_call_end'));
    // one after the other they take 3 s
    expect(ended - started).toBeLessThan(2_500);
  }, 60_000);

  test('that calls tools without end ends with max_iterations and keeps its steps', async () => {
    const { chat } = await world.newAgent({ maxIterations: 3 });
    world.provider.script(({ n }) => asking([tool(`m${n}`, 'calculate', { expression: '1' })], [{ text: 'Again. ' }]));
    const played = await world.play(chat.id);
    expect(played.turn).toMatchObject({ status: 'failed', error: { code: 'max_iterations' } });
    expect(replyOf(played)).toMatchObject({ text: 'Again. Again. Again. ', truncated: true });
    expect(played.calls).toHaveLength(3);
  }, 60_000);

  test('that fails in its second iteration repeats only that one, and viewers keep the first', async () => {
    const { chat } = await world.newAgent();
    const viewer = world.watch(chat.id);
    world.provider.script(
      asking([tool('k', 'calculate', { expression: '2+2' })], [{ text: 'First. ' }]),
      { steps: [{ text: 'Lost' }, { reset: true }] },
      whole('Second.'),
    );
    const played = await world.play(chat.id);
    expect(replyOf(played)).toMatchObject({ text: 'First. Second.', truncated: false });
    expect(played.calls.map(({ step, attempt }) => `${step}/${attempt}`)).toEqual([
      'reply:0/1',
      'reply:1/1',
      'reply:1/2',
    ]);
    expect(played.turn).toMatchObject({
      beats: [{ attempt: 2 }],
      steps: [
        { name: 'reply:0', status: 'done', attempts: 1 },
        { name: 'tool:call_0_0', status: 'done' },
        { name: 'reply:1', status: 'done', attempts: 2 },
      ],
    });
    await viewer.untilEnd(played.turn.id);
    expect(viewer.frames.filter(({ type }) => type === 'restart')).toHaveLength(1);
    expect(replyOf(played).steps?.map(({ type, index }) => [index, type])).toEqual([
      [0, 'text'],
      [1, 'tool_call'],
      [2, 'tool_result'],
      [3, 'text'],
    ]);
  }, 60_000);

  test('that is refused lists its reply with its attempts and its error', async () => {
    const { chat } = await world.newAgent();
    world.provider.script({ status: 500 }, { status: 401 });
    const { turn } = await world.play(chat.id);
    expect(turn).toMatchObject({ status: 'failed', error: { code: 'provider_unauthorized' }, beats: [{ attempt: 2 }] });
    expect(turn.steps).toMatchObject([
      { name: 'reply:0', status: 'done', attempts: 2, error: { code: 'provider_unauthorized' } },
    ]);
  }, 60_000);

  test('that is stopped while a tool runs keeps its text and its steps', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(
      asking([tool('z', named('slow', 'safe'), { ms: 60_000, word: 'never' })], [{ text: 'Wait. ' }]),
    );
    const { client } = world.service();
    const turn = await client.postTurn(chat.id, 'Go.');
    await until('the tool is called', async () => ((await world.made()).includes('slow never') ? true : null));
    expect((await client.cancelTurn(turn.id)).status).toBe(204);
    const played = await world.ended(turn.id);
    expect(played.turn.status).toBe('cancelled');
    expect(replyOf(played)).toMatchObject({ text: 'Wait. ', truncated: true });
  }, 60_000);

  test('delegates a task to a sub-agent, whose calls and tokens are shown under the name of the task', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(({ body }) => {
      const asked = body.messages.map(({ content }) => String(content)).join(' ');
      if (asked.includes('Count for me')) {
        return body.messages.some(({ role }) => role === 'tool')
          ? whole('It is 9.')
          : asking([tool('inner', 'calculate', { expression: '3*3' })]);
      }
      return body.messages.some(({ role }) => role === 'tool')
        ? whole('The other says 9.')
        : asking([tool('outer', 'delegate', { task: 'Count for me', instructions: 'Be quick.' })]);
    });
    const played = await world.play(chat.id, 'Go.');
    expect(replyOf(played).text).toBe('The other says 9.');
    expect(resultsOf(replyOf(played))).toEqual([{ callId: 'call_0_0', success: true, content: 'It is 9.' }]);
    const sub = played.events.filter(({ kind }) => kind.startsWith('subagent'));
    expect(sub.map(({ kind, data }) => [kind, (data as { task: string }).task])).toEqual([
      ['subagent_task_start', 'Count for me'],
      ['subagent_tool_call_start', 'Count for me'],
      ['subagent_tool_call_end', 'Count for me'],
      ['subagent_task_end', 'Count for me'],
    ]);
    expect(played.turn.usage?.llmCallCount).toBe(4);
  }, 60_000);
});

describe("a caller's level", () => {
  test('is checked when tools are offered, and again at each call', async () => {
    const { chat } = await world.newAgent({ enabledTools: ['calculate', 'propose_edit'] });
    const offered = (call: { body: { tools?: { function: { name: string } }[] } } | undefined) =>
      call?.body.tools?.map((each) => each.function.name);
    world.provider.script({ steps: [{ text: 'Hm. ' }] }, whole('I may not.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    const call = await world.nextReply(turn.id);
    expect(offered(call)).toEqual(['calculate', 'propose_edit']);
    const pool = createPool((await world.service().run()).databaseUrl, { max: 1 });
    await pool.query('update turns set caller_level = 1 where id = $1', [turn.id]);
    await pool.end();
    await call.push(...asking([tool('w', 'propose_edit', { original: 'a', proposed: 'b', reason: 'c' })]).steps);
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toMatchObject([
      { callId: 'call_0_0', success: false, content: expect.stringMatching(/^tool_not_permitted/) },
    ]);
    expect(offered(played.calls[1]?.call)).toEqual(['calculate']);
  }, 60_000);
});

describe('a tool that waits for a person', () => {
  test('ends with its turn at a stop, and refuses an approval after that', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(
      asking([tool('late', named('echo', 'careful'), { word: 'too late' })], [{ text: 'May I? ' }]),
    );
    const { client } = world.service();
    const turn = await client.postTurn(chat.id, 'Go.');
    await world.awaitingOperator(turn.id);
    expect((await client.cancelTurn(turn.id)).status).toBe(204);
    const played = await world.ended(turn.id);
    expect(played.turn.status).toBe('cancelled');
    expect(replyOf(played)).toMatchObject({ text: 'May I? ', truncated: true });
    const word = await client.send('POST', `/v1/turns/${turn.id}/approvals/call_0_0`, { approved: true });
    expect(word).toMatchObject({ status: 409, body: { code: 'approval_not_pending' } });
    expect(await world.made()).not.toContain('echo too late');
  }, 60_000);

  const ask = async (approved: boolean, turnId: string, callId = 'call_0_0') =>
    (
      await world
        .service()
        .client.send('POST', `/v1/turns/${turnId}/approvals/${callId}`, { approved, comment: 'Says Ada.' })
    ).status;

  test('is called once when it is approved, also after a restart of all processes and when approved twice', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(asking([tool('p', named('echo', 'careful'), { word: 'please' })]), whole('Done.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await world.awaitingOperator(turn.id);
    expect(await world.made()).not.toContain('echo please');
    await world.restart();
    expect([await ask(true, turn.id), await ask(true, turn.id)]).toEqual([202, 202]);
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toEqual([{ callId: 'call_0_0', success: true, content: 'echo please' }]);
    expect((await world.made()).filter((line) => line === 'echo please')).toHaveLength(1);
    expect(await ask(false, turn.id)).toBe(409);
  }, 120_000);

  test('is not called when it is denied, and the model reads why', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(asking([tool('p', named('echo', 'careful'), { word: 'denied' })]), whole('A pity.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await world.awaitingOperator(turn.id);
    expect(await ask(true, turn.id, 'other')).toBe(409);
    expect(await ask(false, turn.id)).toBe(202);
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toMatchObject([
      { success: false, content: expect.stringContaining('Says Ada.') },
    ]);
    const decision = { approved: false, by: 'you' };
    expect(played.events.find(({ kind }) => kind === 'tool_call_end')?.data).toMatchObject({ decision });
    expect(replyOf(played)?.steps?.find(({ type }) => type === 'tool_result')).toMatchObject({ decision });
    expect(await world.made()).not.toContain('echo denied');
  }, 60_000);
});

describe('a sub-agent that calls a tool that needs approval', () => {
  test('gets a failed result, since no person approved the call, and the tool is not called', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(({ requestId }) => {
      if (requestId?.includes('/tool:call_0_0/1'))
        return asking([tool('x', named('echo', 'careful'), { word: 'smuggled' })]);
      if (requestId?.includes('/tool:call_0_0/')) return whole('I was refused.');
      return requestId?.includes('/reply:0/') ? asking([tool('d', 'delegate', { task: 'Echo it.' })]) : whole('Done.');
    });
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    const played = await world.ended(turn.id);
    world.provider.unscript();
    expect(played.turn.status).toBe('completed');
    const ends = played.events.filter(({ kind }) => kind === 'subagent_tool_call_end');
    expect(ends.map(({ data }) => data)).toMatchObject([
      { name: named('echo', 'careful'), success: false, result: expect.stringMatching(/^not_approved/) },
    ]);
    expect(await world.made()).not.toContain('echo smuggled');
  }, 60_000);
});

describe('a call that was changed after it was shown', () => {
  test('is not made, although it is approved', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(asking([tool('q', named('echo', 'careful'), { word: 'shown' })]), whole('I see.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await world.awaitingOperator(turn.id);
    const pool = createPool((await world.service().run()).databaseUrl, { max: 1 });
    await pool.query('update tool_calls set arguments = $2 where turn_id = $1', [turn.id, '{"word":"changed"}']);
    await pool.end();
    await world.service().client.send('POST', `/v1/turns/${turn.id}/approvals/call_0_0`, { approved: true });
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toMatchObject([
      { callId: 'call_0_0', success: false, content: expect.stringMatching(/^approval_mismatch/) },
    ]);
    expect((await world.made()).filter((line) => /shown|changed/.test(line))).toEqual([]);
  }, 60_000);
});

describe('a viewer that connects while a tool runs', () => {
  test('gets the steps so far and then the rest, and the turn lists the open calls', async () => {
    const { chat, path } = await world.newAgent();
    const early = world.watch(chat.id);
    world.provider.script(
      asking(
        [tool('t', named('slow', 'safe'), { ms: 1_500, word: 'late' })],
        [{ thinking: 'Hm.' }, { text: 'Wait. ' }],
      ),
      whole('There.'),
    );
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await until('the tool is called', async () => ((await world.made()).includes('slow late') ? true : null));
    const open = await world.service().client.send('GET', `${path}/thinking`);
    expect(open).toMatchObject({
      status: 200,
      body: {
        toolCalls: [{ id: 'call_0_0', name: named('slow', 'safe'), arguments: { ms: 1_500 }, status: 'running' }],
      },
    });
    expect((await world.service().client.getTurn(turn.id)).steps).toMatchObject([
      { name: 'reply:0', status: 'done' },
      { name: 'tool:call_0_0', status: 'running' },
    ]);
    const late = world.watch(chat.id);
    const played = await world.ended(turn.id);
    const stepsSeen = (viewer: typeof late) =>
      viewer.frames.flatMap((frame) => (frame.type === 'step' ? [`${frame.step.index} ${frame.step.type}`] : []));
    await Promise.all([early, late].map((viewer) => viewer.untilEnd(turn.id)));
    const expected = ['0 thinking', '1 text', '2 tool_call', '3 tool_result', '4 text'];
    expect([stepsSeen(early), stepsSeen(late)]).toEqual([expected, expected]);
    expect([early.violations, late.violations, late.text(turn.id)]).toEqual([[], [], replyOf(played).text]);
    expect((await world.service().client.send('GET', `${path}/thinking`)).status).toBe(204);
    expect(played.turn.steps.map(({ name, status }) => [name, status])).toEqual([
      ['reply:0', 'done'],
      ['tool:call_0_0', 'done'],
      ['reply:1', 'done'],
    ]);
    const [, message] = await world.list(`${path}/messages`);
    expect(message).toMatchObject({
      content: 'Wait. There.',
      steps: replyOf(played).steps,
      toolCalls: [{ id: 'call_0_0', result: 'slow late', success: true }],
      reasoning: 'Hm.',
      tokenUsage: { llmCallCount: 2, toolCallCount: 1 },
    });
  }, 60_000);
});

describe('an agent whose worker is killed', () => {
  const killWorker = async () => {
    const dead = await world.service().kill('worker', 'SIGKILL');
    await world.service().waitForRestart('worker', dead);
  };

  test('while a tool runs that is not idempotent tells the model, and repeats no request', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(asking([tool('once', named('slow'), { ms: 60_000, word: 'once' })]), whole('I see.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await until('the tool is called', async () => ((await world.made()).includes('slow once') ? true : null));
    await killWorker();
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toMatchObject([{ callId: 'call_0_0', success: false }]);
    expect((await world.made()).filter((line) => line === 'slow once')).toHaveLength(1);
    expect(played.calls.map(({ step }) => step)).toEqual(['reply:0', 'reply:1']);
  }, 120_000);

  test('while an idempotent tool runs calls it again', async () => {
    const { chat } = await world.newAgent();
    const again = { ms: 3_000, word: 'again' };
    world.provider.script(asking([tool('twice', named('slow', 'safe'), again)]), whole('I see.'));
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await until('the tool is called', async () => ((await world.made()).includes('slow again') ? true : null));
    await killWorker();
    const played = await world.ended(turn.id);
    expect(resultsOf(replyOf(played))).toEqual([{ callId: 'call_0_0', success: true, content: 'slow again' }]);
    expect(played.calls.map(({ step }) => step)).toEqual(['reply:0', 'reply:1']);
  }, 120_000);

  test('while a sub-agent runs repeats only the requests that were not answered', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(
      asking([tool('outer', 'delegate', { task: 'Think' })]),
      asking([tool('inner', named('echo'), { word: 'within' })]),
      { steps: [{ text: 'Half' }] },
      whole('The answer.'),
      whole('It said so.'),
    );
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    await until('the sub-agent answers', async () =>
      world.callsOf(turn.id).filter(({ step }) => step === 'tool:call_0_0').length === 2 ? true : null,
    );
    await killWorker();
    const played = await world.ended(turn.id);
    expect(replyOf(played).text).toBe('It said so.');
    expect(resultsOf(replyOf(played))).toEqual([{ callId: 'call_0_0', success: true, content: 'The answer.' }]);
    expect((await world.made()).filter((line) => line === 'echo within')).toHaveLength(1);
    expect(played.calls.map(({ step }) => step)).toEqual([
      'reply:0',
      'tool:call_0_0',
      'tool:call_0_0',
      'tool:call_0_0',
      'reply:1',
    ]);
  }, 120_000);

  test('in its second iteration continues with that iteration', async () => {
    const { chat } = await world.newAgent();
    world.provider.script(
      asking([tool('w', named('echo'), { word: 'kept' })], [{ text: 'First. ' }]),
      { steps: [{ text: 'Half' }] },
      { steps: [{ text: 'Second.' }, ...ending()] },
    );
    const turn = await world.service().client.postTurn(chat.id, 'Go.');
    const viewer = world.watch(chat.id);
    await viewer.untilText(turn.id, 'First. Half'.length);
    await killWorker();
    const played = await world.ended(turn.id);
    expect(replyOf(played)).toMatchObject({ text: 'First. Second.' });
    expect((await world.made()).filter((line) => line === 'echo kept')).toHaveLength(1);
    expect(played.calls.map(({ step }) => step)).toEqual(['reply:0', 'reply:1', 'reply:1']);
  }, 120_000);
});
