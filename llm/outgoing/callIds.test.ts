import { describe, expect, test } from '@jest/globals';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import { type CallIdForm, createCallIds } from './callIds.js';
import { toChatMessages } from './chatMessages.js';
import { toResponseItems } from './responseItems.js';

const shapes: Record<Exclude<CallIdForm, 'any'>, RegExp> = {
  long: /^[a-zA-Z0-9_-]{1,64}$/,
  short: /^[a-zA-Z0-9_-]{1,40}$/,
  nine: /^[a-zA-Z0-9]{9}$/,
};
/** Ids of servers, in the order in which a history has them. */
const ids = [
  'call_0_0',
  'call_PTLP8xhu3uwZk4l3nlnrrJha',
  'chatcmpl-tool-38f04d9ea185424a8dc6ed9a88da5',
  'toolu_01A09q90qw90lq917835lq9',
  'functions.look:0',
  'fc_0f0e50a1476a6c35006912c58dc9f8819192c25864eb16f07f_and_a_signature_behind_it',
  'ääää',
  '',
  '',
  '2968-LWy3uasib',
  'D681PevKs',
  'D681PevKs',
];

describe.each(Object.entries(shapes))('ids in the form %s', (form, shape) => {
  const made = () => {
    const next = createCallIds(form as CallIdForm);
    return ids.map(next);
  };

  test('match it, differ from each other, and are the same in the next request', () => {
    for (const id of made()) expect(id).toMatch(shape);
    expect(new Set(made()).size).toBe(ids.length);
    expect(made()).toEqual(made());
  });

  test('stay as they came where they match it already', () => {
    const first = new Map(ids.map((id, n) => [id, made()[n]] as const).reverse());
    for (const [id, sent] of first) if (shape.test(id)) expect(sent).toBe(id);
  });
});

test('ids in any form are only made unique', () => {
  const next = createCallIds('any');
  expect(['a.b', 'a.b', '', 'x'.repeat(500)].map(next)).toEqual(['a.b', 'a.b_2', 'call', 'x'.repeat(500)]);
});

const history: ChatMessage[] = [
  { role: 'user', content: 'Look twice.' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'toolu_01A09q90qw90lq917835lq9', name: 'look', arguments: '{}' },
      { id: 'x'.repeat(83), name: 'look', arguments: '{}' },
    ],
  },
  { role: 'tool', toolCallId: 'toolu_01A09q90qw90lq917835lq9', content: 'A lamp.' },
  { role: 'tool', toolCallId: 'x'.repeat(83), content: 'A door.' },
];

test.each(['short', 'nine'] as const)('a call and its result have the same id in the form %s', (callIds) => {
  const sent = toChatMessages(history, { rules: { callIds } }) as {
    tool_calls?: { id: string }[];
    tool_call_id?: string;
  }[];
  const called = sent.flatMap((message) => message.tool_calls ?? []).map(({ id }) => id);
  expect(called).toHaveLength(2);
  expect(sent.flatMap((message) => message.tool_call_id ?? [])).toEqual(called);
  for (const id of called) expect(id).toMatch(shapes[callIds]);
});

test('a call and its result have the same id of at most 64 characters in the Responses API', () => {
  const items = toResponseItems(history) as { type?: string; call_id?: string }[];
  const [calls, outputs] = ['function_call', 'function_call_output'].map((type) =>
    items.filter((item) => item.type === type).map((item) => item.call_id ?? ''),
  );
  expect(calls).toHaveLength(2);
  expect(outputs).toEqual(calls);
  for (const id of calls ?? []) expect(id).toMatch(shapes.long);
});
