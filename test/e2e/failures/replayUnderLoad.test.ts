import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Chat, Turn } from '../../../client/src/index.js';
import { smallestAnswer } from '../../../scripts/provider/schemaAnswer.js';
import { type AgentWorld, named, startAgentWorld } from '../../support/chats/agentWorld.js';
import { block, type DocumentResource } from '../../support/chats/documents.js';
import { stepOf } from '../../support/chats/narrativeWorld.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import { whole } from '../../support/provider/scriptedReply.js';
import {
  chunk,
  done,
  type ScriptedUpstream,
  startScriptedUpstream,
  streaming,
} from '../../support/provider/scriptedUpstream.js';
import { withTemporal } from '../../support/temporal/engine.js';
import { replayAll } from '../../support/temporal/replayAll.js';

const chatsOfEachKind = 4;
const turnsPerChat = 2;
const body = 'The lamp is lit. The sea is calm.';

let world: AgentWorld;
let upstream: ScriptedUpstream;
beforeAll(async () => {
  upstream = await startScriptedUpstream();
  upstream.script(streaming(chunk('Hello.'), done()));
  // Without a cache every workflow task replays its workflow from the first event.
  world = await startAgentWorld({ WORKFLOW_CACHE: '0', UPSTREAM_BASE_URL: upstream.baseUrl });
  scriptProvider();
}, 180_000);
afterAll(async () => {
  await world?.dispose();
  await upstream?.close();
}, 60_000);

/** Answers of classifiers come in an order that differs from turn to turn, so that nothing can depend on it. */
function scriptProvider(): void {
  const { provider } = world;
  const answers: Record<string, object> = {
    interjection: { shouldInterject: true, reason: '' },
    scene_close: { shouldClose: true, reason: '' },
  };
  provider.classify(({ n, name, body }) => ({
    json: answers[name] ?? smallestAnswer(body.response_format?.json_schema?.schema as object),
    afterMs: (n * 37) % 120,
  }));
  provider.script(({ requestId, body }) => {
    const first = stepOf(requestId) === 'reply:0';
    if (body.tools?.length && first)
      return asking([
        tool('a', named('echo'), { text: 'one' }),
        tool('b', 'calculate', { expression: '1+1' }),
        tool('c', named('broken')),
        tool('d', 'delegate', { task: `count ${requestId}`, instructions: 'Count.' }),
      ]);
    return whole('Yes. ', block('The lamp is lit.', 'The lamp is dark.'), ' Indeed.');
  });
}

const post = async <T>(path: string, wish: object): Promise<T> =>
  (await world.service().client.send<T>('POST', path, wish)).body;

/** A narrative with a guest, an agent, a thread about a document, a relay. */
async function newChats(): Promise<string[]> {
  const { chat } = await world.newChat();
  const agent = await world.newAgent();
  const document = await post<DocumentResource>('/v1/documents', { title: 'Tale', body });
  const thread = await post<Chat>('/v1/chats', { kind: 'document', documentId: document.id });
  const relay = await post<Chat>('/v1/chats', { kind: 'relay', persona: 'guide' });
  return [chat.id, agent.chat.id, thread.id, relay.id];
}

test('with a workflow cache of zero, turns of every kind under load end without a failed workflow task, and each of their histories replays', async () => {
  const { client } = world.service();
  const chats = (await Promise.all(Array.from({ length: chatsOfEachKind }, newChats))).flat();
  const turns: Turn[] = [];
  for (let n = 0; n < turnsPerChat; n++)
    turns.push(...(await Promise.all(chats.map((chatId) => client.postTurn(chatId, `Turn ${n}: are you there?`)))));
  const ended = await Promise.all(turns.map(({ id }) => client.awaitTurnEnd(id, 200_000)));
  expect(ended.filter(({ status }) => status !== 'completed').map(({ id, error }) => ({ id, error }))).toEqual([]);
  expect(ended.flatMap(({ warnings }) => warnings)).toEqual([]);

  const ids = turns.map(({ id }) => id);
  const report = await withTemporal(world.service(), async (temporal) => {
    await Promise.all(ids.map((id) => temporal.workflow.getHandle(id).result()));
    return replayAll(temporal, ids);
  });
  expect(report).toMatchObject({ failedTasks: [], breaches: [] });
  expect(report.replayed).toBeGreaterThanOrEqual(ids.length + chatsOfEachKind * turnsPerChat);
}, 300_000);
