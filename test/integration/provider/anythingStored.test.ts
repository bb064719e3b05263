import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planCalls } from '../../../activities/agents/planCalls.js';
import { createCheckpointer } from '../../../activities/streaming/checkpointer.js';
import { startProviderStream } from '../../../activities/streaming/providerStream.js';
import { readOpenCalls, readSteps } from '../../../db/agents/agentSteps.js';
import { landIteration, readCallIds } from '../../../db/agents/iterations.js';
import { readPastIterations } from '../../../db/agents/readAgentPrompt.js';
import { beginTask, endTask, landSubIteration } from '../../../db/agents/subagents.js';
import { beginCall, endCall } from '../../../db/agents/toolCalls.js';
import { publishTools } from '../../../db/agents/tools.js';
import { createChat } from '../../../db/chats/newChat.js';
import { recordFailure } from '../../../db/streaming/draftFailures.js';
import { closeReply, landReply } from '../../../db/streaming/landReply.js';
import { acquireReplyLease } from '../../../db/streaming/leases.js';
import { readEvents } from '../../../db/timeline/log.js';
import { finishTurn } from '../../../db/turns/finish.js';
import { readTurn } from '../../../db/turns/turnView.js';
import { toPublicError } from '../../../domain/log/failures.js';
import { foldTranscript } from '../../../domain/timeline/transcript.js';
import { createAnthropic } from '../../../llm/anthropic/anthropic.js';
import { createChatCompletions } from '../../../llm/chatCompletions/chatCompletions.js';
import type { ReplyProvider } from '../../../llm/port.js';
import { createUpstream } from '../../../llm/relay/upstream.js';
import { createResponses } from '../../../llm/responses/responses.js';
import { createMcpTools } from '../../../llm/tools/mcp.js';
import { createToolRegistry } from '../../../llm/tools/registry.js';
import { fittingResult } from '../../../llm/tools/toolResult.js';
import { close, listen } from '../../../scripts/provider/http.js';
import type { Wire } from '../../../viewers/wire/wire.js';
import { claim, owner } from '../../support/chats/chats.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres/postgres.js';
import {
  anyChunk,
  anyMessageEvent,
  anyRelayFrame,
  anyResponseEvent,
  anyText,
  anyTool,
  anyToolAnswer,
} from '../../support/provider/anyAnswer.js';
import { startScriptedToolServer } from '../../support/provider/tools/scriptedToolServer.js';

let database: TestDatabase;
let server: Server;
let port: number;
/** What the server answers every request with. */
let body: Buffer;

beforeAll(async () => {
  database = await createTestDatabase();
  server = createServer((request, response) => {
    request.resume();
    if (request.url?.endsWith('/health')) return void response.end();
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
  });
  port = await listen(server, 0);
}, 60_000);
afterAll(async () => {
  await close(server);
  await database?.drop();
});

/** Whoever asks for it, and whatever the server says: all of it is JSON that a viewer can be sent. */
const wire: Wire = {
  publish: (token) => void JSON.stringify(token),
  step: (step) => void JSON.stringify(step),
  meta: (meta) => void JSON.stringify(meta),
  heartbeat: (beat) => void JSON.stringify(beat),
  onStop: () => () => undefined,
  close: async () => undefined,
};

const offered = [
  { timeoutMs: 1_000, idempotent: true, needsApproval: false, name: 'calculate' },
  { timeoutMs: 1_000, idempotent: true, needsApproval: false, name: 'delegate' },
].map((tool) => ({ ...tool, description: '', parameters: {}, level: 1 as const, source: 'builtin' }));

/** A turn whose reply comes from a provider, with all that a worker does with it, and how it ended. */
async function play(provider: ReplyProvider, kind: 'agent' | 'relay', result: string): Promise<string> {
  const { pool } = database;
  const chat = await createChat(pool, owner, { kind, title: null, documentId: null, settings: {} });
  const { turn } = await claim(pool, chat.id);
  const key = { turnId: turn.id, beat: 0 };
  const opened = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
  if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
  const refused: unknown[] = [];
  const checkpointer = createCheckpointer(pool, (error) => refused.push(error));
  const stream = startProviderStream(
    { db: pool, wire, checkpointer },
    {
      key,
      chatId: chat.id,
      speakerId: 'assistant',
      fence: opened.fence,
      epoch: 0,
      limitMs: 900_000,
      call: { step: 'reply:0', attempt: 1, model: 'm', prompt: ['x'], resumed: false },
      ...(kind === 'agent' ? { kept: { text: '', thinking: '', inEpoch: false } } : {}),
      open: (ended) =>
        provider.streamReply(
          { model: 'm', messages: [], requestId: `${turn.id}/reply:0/1` },
          { signal: ended, silenceMs: 5_000 },
        ),
    },
  );
  const end = await stream.ended;
  await checkpointer.flush(key);
  checkpointer.forget(key);
  expect(refused).toEqual([]);
  if (end.how === 'failed') {
    const { code, detail } = end.failure;
    // an error that nothing here has a name for is one of ours
    if (code === 'internal') throw end.failure.cause;
    await recordFailure(pool, key, opened.fence, { code, detail });
    await closeReply(pool, key, { model: 'm', speakerId: 'assistant', error: toPublicError(code, detail) });
    await finishTurn(pool, turn.id, { status: 'failed', error: toPublicError(code, detail) });
  } else if (end.how === 'finished') {
    const { text, thinking } = stream.added();
    if (kind === 'relay') {
      const { conversationId = null, durationMs } = end.relay ?? {};
      const info = { ...stream.meta(), conversationId, durationMs: durationMs ?? 0, chips: 0 };
      const relay = { info, paneSpawned: end.relay?.paneSpawned ?? false };
      await landReply(pool, key, opened.fence, { text, truncated: false, model: end.model, relay });
    } else {
      const taken = await readCallIds(pool, turn.id);
      const calls = planCalls(end.calls, { offered, taken, iteration: 0 });
      const { model, reason, usage } = end;
      await landIteration(pool, key, opened.fence, {
        iteration: 0,
        text,
        thinking,
        model,
        reason,
        usage,
        stretches: [],
        calls,
      });
      await readOpenCalls(pool, chat.id);
      for (const { plan } of calls) await makeCall(turn.id, plan.callId, end.calls, result);
      JSON.stringify(await readPastIterations(pool, { turnId: turn.id, taskCallId: '' }));
      await closeReply(pool, key, { model, truncated: false });
    }
    await finishTurn(pool, turn.id, { status: 'completed' });
  } else throw new Error(end.how);
  JSON.stringify(await readTurn(pool, { turnId: turn.id, owner }));
  JSON.stringify(await readSteps(pool, [turn.id]));
  const events = await readEvents(pool, chat.id, { after: 0, limit: 1_000 });
  JSON.stringify(foldTranscript(events));
  expect(events.at(-1)).toMatchObject({ kind: 'turn_completed' });
  return end.how === 'failed' ? end.failure.code : end.how;
}

/** A call, and within it the calls of a sub-agent that asks for the same. */
async function makeCall(turnId: string, callId: string, asked: Parameters<typeof planCalls>[0], result: string) {
  const { pool } = database;
  const key = { turnId, callId };
  await beginCall(pool, key);
  const task = { task: 'A task.', instructions: '' };
  await beginTask(pool, key, task, 'm');
  const taken = await readCallIds(pool, turnId);
  const calls = planCalls(asked.slice(0, 2), { offered, taken, iteration: 0, prefix: callId });
  const said = { iteration: 0, attempt: 1, text: '', thinking: '', model: 'm', reason: 'stop', usage: null };
  await landSubIteration(pool, key, task, { ...said, calls });
  for (const { plan } of calls) {
    await beginCall(pool, { turnId, callId: plan.callId });
    await endCall(pool, { turnId, callId: plan.callId }, fittingResult(result));
  }
  await endTask(pool, key, task, { status: 'done', promptTokens: 1, completionTokens: 1, llmCallCount: 1 });
  await endCall(pool, key, fittingResult(result));
}

/** Publishes what an MCP server lists, calls each of its tools, and keeps what they answer. Gives how many there are. */
async function listAndCall(url: string): Promise<number> {
  const { pool } = database;
  const settings = { level: 1, needsApproval: false, idempotent: true, timeoutMs: 5_000 } as const;
  const outside = createMcpTools([{ name: 'any', transport: 'http', url, ...settings }], {
    log: { warn: () => undefined },
  });
  try {
    await outside.connect();
    const registry = createToolRegistry({ outside });
    await publishTools(pool, registry.list);
    const tools = outside.list();
    const chat = await createChat(pool, owner, { kind: 'agent', title: null, documentId: null, settings: {} });
    const { turn } = await claim(pool, chat.id);
    const key = { turnId: turn.id, beat: 0 };
    const opened = await acquireReplyLease(pool, key, { speakerId: 'assistant' });
    if (opened.state !== 'held') throw new Error(`the draft is ${opened.state}`);
    const asked = tools.map(({ name }) => ({ id: '', name, arguments: '{}' }));
    const calls = planCalls(asked, { offered: tools, taken: await readCallIds(pool, turn.id), iteration: 0 });
    const said = { text: '', thinking: '', model: 'm', reason: 'tool_calls', usage: null, stretches: [] };
    await landIteration(pool, key, opened.fence, { iteration: 0, ...said, calls });
    for (const { plan, name } of calls) {
      const { signal } = new AbortController();
      const result = await registry.run({ name, arguments: {} }, { signal, context: nothingToReach });
      await endCall(pool, { turnId: turn.id, callId: plan.callId }, result);
    }
    await closeReply(pool, key, { model: 'm', truncated: false });
    await finishTurn(pool, turn.id, { status: 'completed' });
    return tools.length;
  } finally {
    await outside.close();
  }
}

const nothing = async () => ({ success: false, content: '' });
const nothingToReach = {
  searchMemories: nothing,
  searchMessages: nothing,
  readDocument: nothing,
  proposeEdit: nothing,
};

const frames = (list: unknown[]) => list.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('');
/** Frames whose last one ends the reply, so that more than one in a hundred comes to an end. */
const ended = (frame: fc.Arbitrary<unknown>, last: unknown) =>
  fc
    .tuple(
      fc.array(frame, { maxLength: 4 }),
      fc.boolean(),
      fc.constantFrom('', 'data: {"a":', '\n\0\ud800', 'data: [DONE]\n\n'),
    )
    .map(([list, whole, rest]) => Buffer.from(frames(whole ? [...list, last] : list) + rest));

/** The same answers in each run of the suite. `PROPERTY_RUNS=1000` makes more, `PROPERTY_SEED` others. */
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 25), seed: Number(process.env.PROPERTY_SEED ?? 7) };

async function holdsFor(
  bodies: fc.Arbitrary<Buffer>,
  provider: () => ReplyProvider,
  kind: 'agent' | 'relay',
): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(bodies, anyText, async (given, result) => {
      body = given;
      const end = await play(provider(), kind, result);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }),
    runs,
  );
  return ends;
}

describe('a turn is stored, shown and ended, whatever the answer holds', () => {
  const baseUrl = () => `http://127.0.0.1:${port}/v1`;

  test('from a provider with Chat Completions', async () => {
    const last = { choices: [{ index: 0, delta: { content: '.' }, finish_reason: 'stop' }] };
    const provider = () => createChatCompletions({ baseUrl: baseUrl(), apiKey: 'k' });
    const ends = await holdsFor(ended(anyChunk, last), provider, 'agent');
    expect(ends.get('finished')).toBeGreaterThan(runs.numRuns / 16);
    expect(ends.get('stream_broken')).toBeGreaterThan(runs.numRuns / 16);
  }, 300_000);

  test('from a provider with the Responses API', async () => {
    const output = [{ type: 'function_call', call_id: 'c\0', name: 'calculate\ud800', arguments: '{"a":"\\u0000"}' }];
    const last = { type: 'response.completed', response: { id: 'r', status: 'completed', output } };
    const provider = () => createResponses({ baseUrl: baseUrl(), apiKey: 'k' });
    const ends = await holdsFor(ended(anyResponseEvent, last), provider, 'agent');
    expect(ends.get('finished')).toBeGreaterThan(runs.numRuns / 16);
  }, 300_000);

  test('from a provider with the Messages API', async () => {
    const content_block = { type: 'tool_use', id: 'c\0', name: 'calculate\ud800', input: { a: '\0' } };
    const begin = { type: 'content_block_start', index: 9, content_block };
    const last = { ...begin, type: 'message_delta', delta: { stop_reason: 'tool_use' } };
    const provider = () => createAnthropic({ baseUrl: baseUrl(), apiKey: 'k' });
    const ends = await holdsFor(ended(anyMessageEvent, last), provider, 'agent');
    expect(ends.get('finished')).toBeGreaterThan(runs.numRuns / 16);
  }, 300_000);

  test('from a relay upstream', async () => {
    const upstream = createUpstream({ baseUrl: baseUrl(), token: 't', jwtSecret: undefined, totalMs: 10_000 });
    const request = { persona: 'p', username: 'u', userId: 'u', sessionId: 's', message: 'm', primer: null };
    const provider = (): ReplyProvider => ({
      streamReply: ({ requestId }, options) => upstream.answer({ ...request, requestId }, options),
    });
    const chunk = { type: 'chunk', content: 'x' };
    const bodies = ended(anyRelayFrame, { type: 'done' }).map((given) =>
      Buffer.concat([Buffer.from(frames([chunk])), given]),
    );
    const ends = await holdsFor(bodies, provider, 'relay');
    expect(ends.get('finished')).toBeGreaterThan(runs.numRuns / 16);
  }, 300_000);

  test('from an MCP server, in its list of tools and its results', async () => {
    const tools = await startScriptedToolServer();
    const good = { name: 'good', inputSchema: { type: 'object' } };
    let called = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(anyTool, { maxLength: 3 }), anyToolAnswer, async (listed, answer) => {
          tools.tools = [...listed, good];
          tools.answer = () => answer ?? null;
          called += await listAndCall(tools.url);
        }),
        runs,
      );
    } finally {
      await tools.close();
    }
    // the good one at least, whatever stands beside it
    expect(called).toBeGreaterThanOrEqual(runs.numRuns);
  }, 300_000);

  test('from any of these sources, as random bytes', async () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((given) => Buffer.from(given));
    const chat = () => createChatCompletions({ baseUrl: baseUrl(), apiKey: 'k' });
    const responses = () => createResponses({ baseUrl: baseUrl(), apiKey: 'k' });
    const messages = () => createAnthropic({ baseUrl: baseUrl(), apiKey: 'k' });
    await holdsFor(bytes, messages, 'agent');
    await holdsFor(bytes, chat, 'agent');
    await holdsFor(bytes, responses, 'agent');
  }, 300_000);
});
