import { describe, expect, test } from '@jest/globals';
import type { ChatMessage, Reasoning, ToolCallRequest } from '../../domain/agents/chatMessage.js';
import { toChatMessages } from './chatMessages.js';
import { toResponseItems } from './responseItems.js';

const call = (more: Partial<ToolCallRequest> = {}): ToolCallRequest => ({
  id: 'a',
  name: 'calculate',
  arguments: '{"expression":"1+1"}',
  ...more,
});
const asking = (calls: ToolCallRequest[], more: { content?: string; reasoning?: Reasoning } = {}): ChatMessage => ({
  role: 'assistant',
  content: '',
  toolCalls: calls,
  ...more,
});
const result = (toolCallId: string, content = '2'): ChatMessage => ({ role: 'tool', toolCallId, content });

type Sent = {
  role: string;
  content: string | null;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
  reasoning_content?: string;
};
const chat = (messages: ChatMessage[], options: Parameters<typeof toChatMessages>[1] = {}) =>
  toChatMessages(messages, options) as Sent[];
const callsOf = (sent: Sent[]) => sent.flatMap(({ tool_calls }) => tool_calls ?? []);

describe('the messages for Chat Completions', () => {
  test('hold valid calls and their results as the model sent them', () => {
    const messages: ChatMessage[] = [
      { role: 'user', content: 'One and one?' },
      asking([call(), call({ id: 'b', name: 'current_time', arguments: '{}' })], { content: 'Let me see.' }),
      result('a'),
      result('b', 'noon'),
    ];
    expect(chat(messages)).toEqual([
      { role: 'user', content: 'One and one?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'calculate', arguments: '{"expression":"1+1"}' } },
          { id: 'b', type: 'function', function: { name: 'current_time', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '2' },
      { role: 'tool', tool_call_id: 'b', content: 'noon' },
    ]);
  });

  test('hold the fields that the server sent with a call where they came from', () => {
    const extra_content = { google: { thought_signature: 'abc' } };
    const serverFields = { extra_content, function: { signature: 's', name: 'other' }, index: 3, type: 'x' };
    expect(callsOf(chat([asking([call({ serverFields })]), result('a')]))).toEqual([
      {
        id: 'a',
        type: 'function',
        extra_content,
        function: { signature: 's', name: 'calculate', arguments: '{"expression":"1+1"}' },
      },
    ]);
  });

  test('hold an id that is too long for storage in full, also with its result', () => {
    const id = 'x'.repeat(5_000);
    const sent = chat([asking([call({ serverFields: { id } })]), result('a')]);
    expect([sent[0]?.tool_calls?.[0]?.id, sent[1]?.tool_call_id]).toEqual([id, id]);
  });

  test.each(['{"expression": ', '', ' ', '["1+1"]', 'null', '"x"', '{"a":"\\ud800"}', `{"a":${'['.repeat(2_000)}`])(
    'hold an empty object in place of the arguments %s',
    (sent) => {
      expect(callsOf(chat([asking([call({ arguments: sent })]), result('a')]))[0]?.function.arguments).toBe('{}');
    },
  );

  test.each([
    ['functions.calculate', 'functions_calculate'],
    ['calculate<|channel|>commentary', 'calculate__channel__commentary'],
    ['', 'unnamed'],
    ['rechne größer', 'rechne_gr__er'],
    ['x'.repeat(70), 'x'.repeat(64)],
  ])('hold a valid name in place of the name "%s"', (name, sent) => {
    expect(callsOf(chat([asking([call({ name })]), result('a')]))[0]?.function.name).toBe(sent);
  });

  test('hold different names for calls of different names, and none of a tool that is offered', () => {
    const names = ['functions.look', 'functions/look', 'functions_look', 'a.b', 'functions.look'];
    const calls = names.map((name, n) => call({ id: `${n}`, name }));
    const tools = [{ name: 'a_b', description: '', parameters: {} }];
    const sent = chat([asking(calls), ...calls.map(({ id }) => result(id))], { tools });
    expect(callsOf(sent).map((each) => each.function.name)).toEqual([
      'functions_look_2',
      'functions_look_3',
      'functions_look',
      'a_b_2',
      'functions_look_2',
    ]);
  });

  test('hold one result for each call, under an id that no other call has', () => {
    const sent = chat([
      asking([call({ id: '' }), call(), call()]),
      result('a', 'second'),
      result('', 'first'),
      result('x', 'of no call'),
      asking([call()]),
    ]);
    expect(callsOf(sent).map(({ id }) => id)).toEqual(['call', 'a', 'a_2', 'a_3']);
    expect(sent.map(({ role, tool_call_id: id, content }) => [role, id, content])).toEqual([
      ['assistant', undefined, null],
      ['tool', 'call', 'first'],
      ['tool', 'a', 'second'],
      ['tool', 'a_2', 'There is no result.'],
      ['user', undefined, 'of no call'],
      ['assistant', undefined, null],
      ['tool', 'a_3', 'There is no result.'],
    ]);
  });

  test('hold an empty text beside calls where the server refuses null', () => {
    expect(chat([asking([call()]), result('a')])[0]?.content).toBeNull();
    expect(chat([asking([call()]), result('a')], { rules: { nullContent: false } })[0]?.content).toBe('');
  });

  test('end with a message of the user where all of them are system messages', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be Mira.' },
      { role: 'system', content: 'Go on.' },
    ];
    expect(chat(messages)).toEqual([messages[0], { role: 'user', content: 'Go on.' }]);
    expect(chat(messages.slice(0, 1))).toEqual(messages.slice(0, 1));
  });
});

describe('the reasoning in messages', () => {
  const thought: Reasoning = { text: 'Let me compute.', blocks: [] };

  test('goes back as reasoning_content with the calls, and a message without any gets a space', () => {
    const messages = [asking([call()], { reasoning: thought }), result('a'), asking([call({ id: 'b' })]), result('b')];
    expect(chat(messages).map(({ reasoning_content }) => reasoning_content)).toEqual([
      'Let me compute.',
      undefined,
      ' ',
      undefined,
    ]);
  });

  test('is not sent where the server sent none under this name, or is known to refuse it', () => {
    const keys = (messages: ChatMessage[], rules = {}) => Object.keys(chat(messages, { rules })[0] ?? {});
    expect(keys([asking([call()]), result('a')])).toEqual(['role', 'content', 'tool_calls']);
    const refusing = { reasoningContent: false };
    expect(keys([asking([call()], { reasoning: thought })], refusing)).toEqual(['role', 'content', 'tool_calls']);
  });

  test('goes back in blocks to the API that it came by', () => {
    const blocks = [
      { api: 'chat' as const, block: { type: 'reasoning.encrypted', data: 'x' } },
      { api: 'chat' as const, block: { type: 'thinking', thinking: 'Hm.', signature: 's' } },
      { api: 'responses' as const, block: { type: 'reasoning', id: 'rs_1', summary: [] } },
      { api: 'anthropic' as const, block: { type: 'thinking', thinking: 'Hm.', signature: 's' } },
    ];
    const messages = [asking([call()], { content: 'So.', reasoning: { text: '', blocks } }), result('a')];
    expect(chat(messages)[0]).toMatchObject({
      reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }],
      thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }],
    });
    expect(chat(messages)[0]).not.toHaveProperty('reasoning_content');
    expect(toResponseItems(messages)).toEqual([
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'assistant', content: 'So.' },
      { type: 'function_call', call_id: 'a', name: 'calculate', arguments: '{"expression":"1+1"}' },
      { type: 'function_call_output', call_id: 'a', output: '2' },
    ]);
  });
});

test('the items for the Responses API hold valid names, arguments and ids', () => {
  const bad = call({ id: '', name: 'functions.calculate', arguments: '{"expression": ' });
  expect(toResponseItems([asking([bad]), result('')])).toEqual([
    { type: 'function_call', call_id: 'call', name: 'functions_calculate', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call', output: '2' },
  ]);
});
