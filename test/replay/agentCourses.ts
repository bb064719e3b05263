import OpenAI from 'openai';
import type { Chat } from '../../client/src/index.js';
import { type AgentWorld, named } from '../support/chats/agentWorld.js';
import { asking, tool } from '../support/provider/agentReply.js';
import { whole } from '../support/provider/scriptedReply.js';
import { until } from '../support/until.js';
import type { Course } from './course.js';

/** Turns of agents, and about documents. */
export const agentCourses: Course<AgentWorld>[] = [
  {
    keeps: ['document'],
    async run(world) {
      const { client } = world.service();
      const { body: document } = await client.send<{ id: string }>('POST', '/v1/documents', { title: 'T', body: 'B' });
      const wish = { kind: 'document', documentId: document.id };
      const { body: chat } = await client.send<Chat>('POST', '/v1/chats', wish);
      return { document: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['agentWithTools'],
    async run(world) {
      const { chat } = await newAgent(world);
      const calls = [tool('a', 'calculate', { expression: '1+1' }), tool('b', 'made_up')];
      world.provider.script(asking(calls), whole('Two.'));
      return { agentWithTools: (await world.play(chat.id)).turn.id };
    },
  },
  {
    keeps: ['agentClientFunctions', 'agentOutputs'],
    async run(world) {
      const { chat } = await newAgent(world);
      const calls = [tool('a', 'calculate', { expression: '1+1' }), tool('b', 'look_outside', { city: 'Bern' })];
      world.provider.script(asking(calls), whole('Two, and sun.'));
      const openai = new OpenAI({ baseURL: `${world.service().api}/openai/v1`, apiKey: 'none' });
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Go.' }];
      const ask = () =>
        openai.chat.completions
          .create(
            { model: 'm', messages, tools: [{ type: 'function', function: { name: 'look_outside' } }] },
            { headers: { 'X-Conversation-Id': chat.id } },
          )
          .withResponse();
      const { data, response } = await ask();
      const { message } = data.choices[0]!;
      messages.push(message, { role: 'tool', tool_call_id: message.tool_calls![0]!.id, content: 'sun' });
      const after = await ask();
      return {
        agentClientFunctions: response.headers.get('x-turn-id')!,
        agentOutputs: after.response.headers.get('x-turn-id')!,
      };
    },
  },
  {
    keeps: ['agentApproved'],
    async run(world) {
      const { chat } = await newAgent(world);
      world.provider.script(asking([tool('p', named('echo', 'careful'), { word: 'x' })]), whole('Done.'));
      const { client } = world.service();
      const { id } = await client.postTurn(chat.id, 'Go.');
      await world.awaitingOperator(id);
      await client.send('POST', `/v1/turns/${id}/approvals/p`, { approved: true });
      return { agentApproved: id };
    },
  },
  {
    keeps: ['agentDelegated', 'subagent'],
    async run(world) {
      const { chat } = await newAgent(world);
      world.provider.script(
        asking([tool('outer', 'delegate', { task: 'Count' })]),
        asking([tool('inner', 'calculate', { expression: '3*3' })]),
        whole('Nine.'),
        whole('It says nine.'),
      );
      const { turn } = await world.play(chat.id);
      return { agentDelegated: turn.id, subagent: `${turn.id}/outer` };
    },
  },
  {
    keeps: ['agentStopped'],
    async run(world) {
      const { chat } = await newAgent(world);
      world.provider.script(asking([tool('z', named('slow', 'safe'), { ms: 60_000, word: 'stopped' })]));
      const { client } = world.service();
      const { id } = await client.postTurn(chat.id, 'Go.');
      await until('the tool is called', async () => ((await world.made()).includes('slow stopped') ? true : null));
      await client.cancelTurn(id);
      return { agentStopped: id };
    },
  },
];

async function newAgent(world: AgentWorld) {
  await until('the tools of the MCP servers', async () =>
    (await world.list('/v1/tools')).some(({ name }) => name === named('echo', 'careful')) ? true : null,
  );
  return world.newAgent();
}
