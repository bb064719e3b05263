import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createChat } from '../../../db/chats/newChat.js';
import type { CompletionRequest } from '../../../scripts/provider/chunks.js';
import { owner } from '../../support/chats/chats.js';
import { asking, tool } from '../../support/provider/agentReply.js';
import type { ProviderCall } from '../../support/provider/scriptedProvider.js';
import { ending, type Reply, whole } from '../../support/provider/scriptedReply.js';
import { startWorkerFleet, type WorkerFleet } from '../../support/service/workerFleet.js';

// A turn that outlives its test would take the replies of the next one.
jest.setTimeout(150_000);
const TURN_MS = 120_000;

let fleet: WorkerFleet;
beforeAll(async () => {
  fleet = await startWorkerFleet('sent-back');
  await fleet.start();
}, 240_000);
afterEach(() => {
  fleet.provider.unscript();
  fleet.provider.requests.length = 0;
});
afterAll(() => fleet?.close(), 60_000);

type Call = { id: string; function: { name: string; arguments: string }; extra_content?: unknown };
type Message = { role: string; content: string | null; tool_calls?: Call[]; reasoning_content?: string };

const messagesOf = ({ body }: { body: CompletionRequest }) => body.messages as unknown as Message[];
const askingOf = (request: { body: CompletionRequest }) => messagesOf(request).filter(({ tool_calls }) => tool_calls);
const callsOf = (request: { body: CompletionRequest }) =>
  askingOf(request).flatMap(({ tool_calls }) => tool_calls ?? []);
const isRequest = (request: ProviderCall, turnId: string) => request.requestId?.startsWith(`${turnId}/`);

const delta = (content: object) => ({ frame: { choices: [{ index: 0, delta: content, finish_reason: null }] } });
const refusal = (message: string): Reply => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error' } },
});

/** Plays one turn of an agent. The server answers in turn, and refuses each request that `refuses` has words for. */
async function play(
  replies: Reply[],
  refuses: (request: { body: CompletionRequest }) => string | null,
  settings: object = {},
) {
  const chat = await createChat(fleet.pool, owner, { kind: 'agent', title: null, documentId: null, settings });
  const left = [...replies];
  fleet.provider.script((request) => {
    const words = refuses(request);
    return words === null ? (left.shift() ?? whole('Done.')) : refusal(words);
  });
  const turnId = await fleet.begin(chat.id);
  const turn = await fleet.ended(turnId, TURN_MS);
  return { turn, turnId, requests: fleet.provider.requests.filter((request) => isRequest(request, turnId)) };
}

describe('the next request of an agent', () => {
  const signature = { google: { thought_signature: 'abc' } };
  const signed: Reply = {
    steps: [
      delta({
        tool_calls: [
          {
            index: 0,
            id: 'a',
            type: 'function',
            function: { name: 'calculate', arguments: '{"expression":"1+1"}' },
            extra_content: signature,
          },
        ],
      }),
      ...ending('tool_calls'),
    ],
  };
  const lacksSignature = (request: { body: CompletionRequest }) =>
    callsOf(request).every(({ extra_content }) => JSON.stringify(extra_content) === JSON.stringify(signature))
      ? null
      : 'Function call is missing a thought_signature in functionCall parts.';

  test('holds the signature that the server attached to a call', async () => {
    const { turn, requests } = await play([signed], lacksSignature);
    expect(turn).toMatchObject({ status: 'completed', beats: [{ text: 'Done.' }] });
    expect(requests).toHaveLength(2);
    expect(callsOf(requests[1]!)).toMatchObject([{ id: 'a', extra_content: signature }]);
  });

  test('holds the signature that the server attached to a call of a sub-agent', async () => {
    const isTask = (request: { body: CompletionRequest }) => !messagesOf(request)[0]?.content?.startsWith('Be brief.');
    const { turn, requests } = await play(
      [asking([tool('d', 'delegate', { task: 'Count.', instructions: '' })]), signed],
      (request) => (isTask(request) ? lacksSignature(request) : null),
      { systemPrompt: 'Be brief.' },
    );
    expect(turn).toMatchObject({ status: 'completed' });
    expect(requests.filter(isTask)).toHaveLength(2);
  });

  test('holds the reasoning of the calls, where the server sent it as reasoning_content', async () => {
    const reasoned = asking(
      [tool('a', 'calculate', { expression: '1+1' })],
      [{ thinking: 'Let me ' }, { thinking: 'compute.' }],
    );
    const { turn, requests } = await play(
      [reasoned, asking([tool('b', 'calculate', { expression: '2+2' })])],
      (request) =>
        askingOf(request).every(({ reasoning_content }) => reasoning_content)
          ? null
          : 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
      { thinkingEnabled: true },
    );
    expect(turn).toMatchObject({ status: 'completed' });
    expect(requests).toHaveLength(3);
    expect(askingOf(requests[2]!).map(({ reasoning_content }) => reasoning_content)).toEqual(['Let me compute.', ' ']);
  });

  test('holds no reasoning where the server sent it under another name', async () => {
    const reply = asking([tool('a', 'calculate', { expression: '1+1' })], [delta({ reasoning: 'Let me compute.' })]);
    const { turn, requests } = await play([reply], () => null);
    expect(turn).toMatchObject({ status: 'completed' });
    expect(Object.keys(askingOf(requests[1]!)[0] ?? {})).toEqual(['role', 'content', 'tool_calls']);
  });

  test.each(['{"expression": ', '', '["1+1"]'])(
    'holds an empty object in place of the arguments %s, which the log keeps',
    async (sent) => {
      const { turn, turnId, requests } = await play([asking([tool('a', 'calculate', sent)])], (request) =>
        callsOf(request).every(({ function: { arguments: text } }) => isObject(text)) ? null : 'bad arguments',
      );
      expect(turn).toMatchObject({ status: 'completed' });
      expect(requests).toHaveLength(2);
      expect(callsOf(requests[1]!)[0]?.function.arguments).toBe('{}');
      const { rows } = await fleet.pool.query('select arguments from tool_calls where turn_id = $1', [turnId]);
      expect(rows).toEqual([{ arguments: sent }]);
    },
  );

  test.each([
    ['functions.calculate', 'functions_calculate'],
    ['calculate<|channel|>commentary', 'calculate__channel__commentary'],
  ])('holds a valid name in place of %s, which the log keeps', async (name, valid) => {
    const { turn, turnId, requests } = await play([asking([tool('a', name)])], (request) =>
      callsOf(request).every((call) => /^[a-zA-Z0-9_-]{1,64}$/.test(call.function.name)) ? null : 'bad name',
    );
    expect(turn).toMatchObject({ status: 'completed' });
    expect(callsOf(requests[1]!)[0]?.function.name).toBe(valid);
    const { rows } = await fleet.pool.query(
      "select data->>'name' as name from events where turn_id = $1 and kind = 'tool_call_start'",
      [turnId],
    );
    expect(rows).toEqual([{ name }]);
  });
});

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
