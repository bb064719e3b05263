import { HttpAgent } from '@ag-ui/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { HttpAgent as HttpAgent0 } from 'ag-ui-client-0';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
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

let threads = 0;
const newAgent = (threadId = `thread-${++threads}`, Agent = HttpAgent) =>
  new Agent({ url: `${world.service().api}/ag-ui`, threadId });
const said = (agent: HttpAgent) => agent.messages.map(({ role, content }) => [role, content]);
const say = (agent: HttpAgent, content: string) =>
  agent.addMessage({ id: `${agent.threadId}-${agent.messages.length}`, role: 'user', content });

/** The types of a run's events, as they came over HTTP. */
async function typesOf(body: object): Promise<string[]> {
  const response = await fetch(`${world.service().api}/ag-ui`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return [...(await response.text()).matchAll(/"type":"([A-Z_]+)"/g)].map(([, type]) => type!);
}

/** The turn that a request of another protocol begins. Its answer is not read. */
async function turnOf(path: string, body: object): Promise<string> {
  const response = await fetch(`${world.service().api}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, stream: true }),
  });
  const turnId = response.headers.get('x-turn-id');
  await response.body?.cancel();
  return turnId ?? 'no turn';
}

describe('the stock client of AG-UI', () => {
  test('runs turns of one thread', async () => {
    world.provider.script(
      { steps: [{ thinking: 'Hm.' }, { text: 'Good ' }, { text: 'evening.' }, ...ending()] },
      whole('Two.'),
    );
    const agent = newAgent();
    say(agent, 'Hello');
    await agent.runAgent();
    say(agent, 'And?');
    await agent.runAgent();
    expect(said(agent).filter(([role]) => role !== 'reasoning')).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Good evening.'],
      ['user', 'And?'],
      ['assistant', 'Two.'],
    ]);
    expect(said(agent)).toContainEqual(['reasoning', 'Hm.']);
    const asked = world.provider.requests.at(-1)?.body as { messages: { content: string }[] };
    expect(asked.messages.map(({ content }) => content).slice(-3)).toEqual(['Hello', 'Good evening.', 'And?']);
  });

  test('attaches to a run that it knows, in flight and after its end', async () => {
    world.provider.script(() => ({ steps: [] }));
    const agent = newAgent();
    say(agent, `Tell me, ${agent.threadId}`);
    const running = agent.runAgent({ runId: `run-${agent.threadId}` });
    const call = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes(agent.threadId), 20_000);
    await call.send('The lamp ');
    await until('the first text', async () => (said(agent).at(-1)?.[1] === 'The lamp ' ? true : null));
    const other = newAgent(agent.threadId);
    const snapshots: unknown[] = [];
    const attached = other.runAgent(
      { runId: `run-${agent.threadId}` },
      { onMessagesSnapshotEvent: ({ event }) => void snapshots.push(event.messages) },
    );
    await until('the text so far', async () => (said(other).at(-1)?.[1] === 'The lamp ' ? true : null));
    expect(snapshots).toEqual([
      [expect.objectContaining({ role: 'user' }), expect.objectContaining({ role: 'assistant', content: 'The lamp ' })],
    ]);
    await call.send('turns.');
    for (const step of ending()) await call.push(step);
    await Promise.all([running, attached]);
    expect(said(other)).toEqual(said(agent));
    expect(other.messages.map(({ id }) => id)).toEqual(agent.messages.map(({ id }) => id));
    const again = { threadId: agent.threadId, runId: `run-${agent.threadId}`, messages: [] };
    expect((await typesOf(again)).filter((type) => type.startsWith('RUN') || type.startsWith('MESSAGES'))).toEqual([
      'RUN_STARTED',
      'MESSAGES_SNAPSHOT',
      'RUN_FINISHED',
    ]);
    expect(world.provider.requests.filter(({ body }) => JSON.stringify(body).includes(agent.threadId))).toHaveLength(1);
  });

  test.each<[string, (chatId: string, text: string) => Promise<string>]>([
    ['our own API', async (chatId, text) => (await world.service().client.postTurn(chatId, text)).id],
    ['Responses', (conversation, input) => turnOf('/openai/v1/responses', { model: 'm', input, conversation })],
    [
      'the AI SDK',
      (id, text) => {
        const message = { id: `ui-${text}`, role: 'user', parts: [{ type: 'text', text }] };
        return turnOf('/ai-sdk/v7/chat', { id, message });
      },
    ],
  ])('attaches to a turn of %s, by its id or to read the thread, with its tools, text and end', async (name, post) => {
    const text = `What is it, ${name}?`;
    world.provider.script(asking([tool('c1', 'calculate', { expression: '6 * 7' })]));
    world.provider.script(() => ({ steps: [] }));
    const { chat } = await world.newAgent({ enabledTools: ['calculate'] });
    const turnId = await post(chat.id, text);
    const hasResult = (body: object) => /"role":"tool"/.test(JSON.stringify(body));
    const call = await world.provider.nextRequest(
      ({ body }) => JSON.stringify(body).includes(text) && hasResult(body),
      20_000,
    );
    await call.send('It is ');
    const agents = [newAgent(chat.id), newAgent(chat.id)];
    const runs = [agents[0]!.runAgent({ runId: turnId }), agents[1]!.runAgent()];
    const shown = (last: string) => [
      ['user', text],
      ['assistant', undefined],
      ['tool', '42'],
      ['assistant', last],
    ];
    for (const agent of agents)
      await until('the text so far', async () => (said(agent).at(-1)?.[1] === 'It is ' ? true : null));
    expect(agents.map(said)).toEqual([shown('It is '), shown('It is ')]);
    await call.send('42.');
    for (const step of ending()) await call.push(step);
    await Promise.all(runs);
    const late = [newAgent(chat.id), newAgent(chat.id)];
    await late[0]!.runAgent({ runId: turnId });
    await late[1]!.runAgent();
    const all = [...agents, ...late];
    expect(all.map(said)).toEqual(all.map(() => shown('It is 42.')));
    const idsOf = ({ messages }: HttpAgent) => messages.map(({ id }) => id);
    expect(all.map(idsOf)).toEqual(all.map(() => idsOf(agents[0]!)));
  });

  test('takes back a draft that was lost', async () => {
    world.provider.script({ steps: [{ text: 'Half of ' }, { waitMs: 700 }, { reset: true }] }, whole('Another.'));
    const agent = newAgent();
    say(agent, 'Hello');
    await agent.runAgent();
    expect(said(agent)).toEqual([
      ['user', 'Hello'],
      ['assistant', 'Another.'],
    ]);
  }, 60_000);

  test.each([
    ['1.0', HttpAgent, { type: 'cancelled' }],
    // It refuses an outcome that it does not know, and with it the run.
    ['0.0.59', HttpAgent0 as unknown as typeof HttpAgent, undefined],
  ])('of version %s is stopped by the id of its thread, and keeps its text', async (_, Agent, outcome) => {
    world.provider.script(() => ({ steps: [] }));
    const agent = newAgent(undefined, Agent);
    say(agent, `Tell me, ${agent.threadId}`);
    const outcomes: unknown[] = [];
    const running = agent.runAgent({}, { onRunFinishedEvent: ({ event }) => void outcomes.push(event.outcome) });
    const call = await world.provider.nextRequest(({ body }) => JSON.stringify(body).includes(agent.threadId), 20_000);
    await call.send('The lamp ');
    await until('the first text', async () => (said(agent).at(-1)?.[1] === 'The lamp ' ? true : null));
    const stop = (threadId: string) =>
      fetch(`${world.service().api}/ag-ui/stop`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ threadId }),
      });
    expect((await stop('no thread')).status).toBe(404);
    expect((await stop(agent.threadId)).status).toBe(204);
    await running;
    expect([outcomes, said(agent).at(-1)]).toEqual([[outcome], ['assistant', 'The lamp ']]);
  });

  test('is told what went wrong', async () => {
    world.provider.script({ status: 401, body: { error: { message: 'no', code: 'invalid_api_key' } } });
    const types = await typesOf({
      threadId: `thread-${++threads}`,
      runId: 'r',
      messages: [{ id: 'm', role: 'user', content: 'Hello' }],
    });
    expect([types.at(0), types.at(-1)]).toEqual(['RUN_STARTED', 'RUN_ERROR']);
  });

  test.each([
    { approved: true, reason: 'as you like' },
    { approved: false, reason: 'not today' },
    { approved: false, comment: 'not today' },
  ])('is interrupted by a tool call that waits, and resumes it: %j', async (payload) => {
    world.provider.script(asking([tool('c1', named('echo', 'careful'), { word: 'hi' })]), whole('Done.'));
    const agent = newAgent();
    const forwardedProps = { enabledTools: [named('echo', 'careful')] };
    say(agent, 'Please.');
    let interrupts: { id: string; reason: string }[] = [];
    const { result: _ } = await agent.runAgent(
      { forwardedProps },
      {
        onRunFinishedEvent: ({ event }) => {
          if (event.outcome?.type === 'interrupt') interrupts = event.outcome.interrupts;
        },
      },
    );
    expect(interrupts).toMatchObject([{ reason: 'tool_call' }]);
    const resume = [{ interruptId: interrupts[0]!.id, status: 'resolved' as const, payload }];
    await agent.runAgent({ forwardedProps, resume });
    expect(said(agent).at(-1)).toEqual(['assistant', 'Done.']);
    const results = agent.messages.flatMap((message) => (message.role === 'tool' ? [message.content] : []));
    expect(results).toEqual([payload.approved ? 'echo hi' : expect.stringMatching(/approval_denied.*not today/s)]);
  });
});
