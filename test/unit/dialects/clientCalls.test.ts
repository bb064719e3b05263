import { expect, test } from '@jest/globals';
import { createAgUiEvents } from '../../../api/dialects/agUi/agUiEvents.js';
import { createUiChunks } from '../../../api/dialects/aiSdk/uiChunks.js';
import { createChunks, toCompletion } from '../../../api/dialects/chatCompletions/chunks.js';
import { createResponseEvents } from '../../../api/dialects/responses/responseEvents.js';
import type { AgentStep } from '../../../domain/log/events.js';
import type { ViewerFrame } from '../../../domain/log/frames.js';
import type { Mark } from '../../../domain/marks/mark.js';
import { createTurnMarks } from '../../../domain/marks/turnMarks.js';

const turnId = 'turn_1';
const step = (index: number, more: Omit<AgentStep, 'id' | 'index'>): AgentStep => ({ id: `s${index}`, index, ...more });
const steps: AgentStep[] = [
  step(0, { type: 'text', content: 'I look.' }),
  step(1, { type: 'tool_call', callId: 'own', name: 'calculate', arguments: { expression: '1+1' } }),
  step(2, { type: 'tool_call', callId: 'theirs', name: 'look', arguments: { at: 'sky' }, client: true }),
  step(3, { type: 'tool_result', callId: 'own', name: 'calculate', content: '2', success: true }),
];
const landed = {
  type: 'event',
  seq: 5,
  kind: 'assistant_turn',
  turnId,
  at: '2026-01-01T00:00:00.000Z',
  data: { speakerId: 'assistant', beat: 0, text: 'I look.', truncated: false, userTurnSeq: 2, model: 'm', steps },
} as ViewerFrame;

/** A reply that ends with a call of each kind: ours has its result, and the client runs the other. */
const marks = (): Mark[] => {
  const turn = createTurnMarks({ turnId });
  return [...turn.begin(), ...turn.take(landed), ...turn.end({ status: 'completed' })];
};

const completion = { id: turnId, created: 1, model: 'm', includeUsage: false };
const call = { id: 'theirs', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } };

test('a completion has the calls that its client runs, and none that ran here', () => {
  expect(toCompletion(completion, marks()).completion?.choices).toMatchObject([
    { finish_reason: 'tool_calls', message: { content: 'I look.', tool_calls: [call] } },
  ]);
  const choices = createChunks(completion)(marks()).flatMap(({ data }) => (data as { choices: object[] }).choices);
  expect(choices.slice(-3)).toMatchObject([
    { delta: { tool_calls: [{ index: 0, id: 'theirs', function: { name: 'look', arguments: '' } }] } },
    { delta: { tool_calls: [{ index: 0, function: { arguments: '{"at":"sky"}' } }] } },
    { delta: {}, finish_reason: 'tool_calls' },
  ]);
});

test('a response has an item for each call, and an output for those that ran here', () => {
  const fields = { model: 'm' } as never;
  const head = { id: turnId, conversation: 'chat_1', createdAt: 1, fields };
  const events = createResponseEvents({ head, queued: false, cursor: null, singly: false, now: () => 1 });
  events.encode(marks());
  const { status, output } = events.current();
  expect(status).toBe('completed');
  expect(output.map(({ type, call_id: callId }) => [type, callId])).toEqual([
    ['message', undefined],
    ['function_call', 'own'],
    ['function_call', 'theirs'],
    ['function_call_output', 'own'],
  ]);
});

test.each([5, 6, 7] as const)('a message of the AI SDK %i leaves the call of its page to it', (version) => {
  const chunks = createUiChunks({ version, messageId: turnId })(marks()).map(({ data }) => data as { type: string });
  const available = chunks.filter(({ type }) => type === 'tool-input-available');
  expect(available).toMatchObject([{ toolCallId: 'own', providerExecuted: true }, { toolCallId: 'theirs' }]);
  expect(available[1]).not.toHaveProperty('providerExecuted');
  expect(chunks.at(-1)).toEqual({ type: 'finish', finishReason: 'tool-calls' });
});

test('a run of AG-UI calls the functions of its client and finishes', () => {
  const events = createAgUiEvents({ threadId: 't', runId: 'r', turnId, base: [], namesVersion: true })(marks()).map(
    ({ data }) => data as { type: string; toolCallId?: string },
  );
  const ofCall = events.filter(({ toolCallId }) => toolCallId === 'theirs').map(({ type }) => type);
  expect(ofCall).toEqual(['TOOL_CALL_START', 'TOOL_CALL_ARGS', 'TOOL_CALL_END']);
  expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED', outcome: { type: 'success' } });
});
