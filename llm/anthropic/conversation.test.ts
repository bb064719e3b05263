import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import { type AnthropicBody, refusalOf } from '../../test/support/provider/strict/anthropicRules.js';
import { toConversation } from './conversation.js';

const said = (messages: ChatMessage[]) =>
  toConversation(messages).messages.map(({ role, content }) => [
    role,
    ...content.map((block) => (block.type === 'text' ? block.text : block.type)),
  ]);

const call = (id: string, sent = '{}', name = 'calculate') => ({ id, name, arguments: sent });

describe('a prompt for the Messages API', () => {
  test('has its first system messages apart, and later ones in their place as texts of the user', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'You are Mira.' },
      { role: 'system', content: 'You keep a lighthouse.' },
      { role: 'user', content: 'Hello.' },
      { role: 'assistant', content: 'Good evening.' },
      { role: 'system', content: 'Go on.' },
    ];
    expect(toConversation(messages).system).toEqual([
      { type: 'text', text: 'You are Mira.\n\nYou keep a lighthouse.' },
    ]);
    expect(said(messages)).toEqual([
      ['user', 'Hello.'],
      ['assistant', 'Good evening.'],
      ['user', 'Go on.'],
    ]);
  });

  test('joins neighbours of one role, and begins and ends with the user', () => {
    expect(
      said([
        { role: 'assistant', content: 'Tea or rum?' },
        { role: 'user', content: 'Tea.' },
        { role: 'user', content: 'No, rum.' },
        { role: 'assistant', content: 'Here.' },
      ]),
    ).toEqual([
      ['user', '(The conversation begins.)'],
      ['assistant', 'Tea or rum?'],
      ['user', 'Tea.\n\nNo, rum.'],
      ['assistant', 'Here.'],
      ['user', '(Continue.)'],
    ]);
  });

  test('leaves blank texts out', () => {
    expect(said([{ role: 'user', content: ' \n' }])).toEqual([['user', '(The conversation begins.)']]);
    expect(said([{ role: 'system', content: 'x' }])).toEqual([['user', '(The conversation begins.)']]);
  });

  test('has all results of a message with calls in the next message, in the order of the calls', () => {
    const { messages } = toConversation([
      { role: 'user', content: 'Go.' },
      {
        role: 'assistant',
        content: 'Let me see.',
        toolCalls: [call('a', '{"n":1}'), call('b', '[1]', 'x.y'), call('c', '{')],
      },
      { role: 'tool', toolCallId: 'b', content: 'two' },
      { role: 'tool', toolCallId: 'a', content: 'one' },
      { role: 'user', content: 'Stop.' },
    ]);
    expect(messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', id: 'a', name: 'calculate', input: { n: 1 } },
          { type: 'tool_use', id: 'b', name: 'x_y', input: {} },
          { type: 'tool_use', id: 'c', name: 'calculate', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: 'one' },
          { type: 'tool_result', tool_use_id: 'b', content: 'two' },
          { type: 'tool_result', tool_use_id: 'c', content: 'There is no result.' },
          { type: 'text', text: 'Stop.' },
        ],
      },
    ]);
  });

  test('has ids that the API allows, each once, also where the model sent the same or none', () => {
    const { messages } = toConversation([
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: '', toolCalls: [call('a.b'), call('a:b'), call(''), call('')] },
      { role: 'tool', toolCallId: 'a.b', content: '1' },
      { role: 'tool', toolCallId: 'a:b', content: '2' },
      { role: 'tool', toolCallId: '', content: '3' },
      { role: 'tool', toolCallId: '', content: '4' },
    ]);
    expect(messages[2]?.content).toEqual(
      ['a_b', 'a_b_2', 'call', 'call_2'].map((tool_use_id, n) => ({
        type: 'tool_result',
        tool_use_id,
        content: `${n + 1}`,
      })),
    );
  });

  test('has the blocks of reasoning of this API unchanged before the calls', () => {
    const block = { type: 'thinking', thinking: 'Hm.', signature: 'sig' };
    const reasoning = {
      text: 'Hm.',
      blocks: [
        { api: 'anthropic' as const, block },
        { api: 'chat' as const, block: { x: 1 } },
      ],
    };
    const { messages } = toConversation([
      { role: 'user', content: 'Go.' },
      { role: 'assistant', content: 'Text before it.' },
      { role: 'assistant', content: 'Wait.', toolCalls: [call('a')], reasoning },
      { role: 'tool', toolCallId: 'a', content: 'one' },
    ]);
    expect(messages.map(({ role, content }) => [role, ...content.map(({ type }) => type)])).toEqual([
      ['user', 'text'],
      ['assistant', 'text'],
      ['user', 'text'],
      ['assistant', 'thinking', 'text', 'tool_use'],
      ['user', 'tool_result'],
    ]);
    expect(messages[3]?.content[0]).toEqual(block);
  });
});

const text = fc.constantFrom('', ' ', 'Hello.', 'Ends with a space ', '\n\n');
const id = fc.constantFrom('', 'a', 'a.b', 'a:b', 'ü', 'x'.repeat(300));
const message: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({ role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const), content: text }),
  fc.record({
    role: fc.constant('assistant' as const),
    content: text,
    toolCalls: fc.array(
      fc.record({
        id,
        name: fc.constantFrom('calculate', 'a b', ''),
        arguments: fc.constantFrom('{}', '', '[]', '{"a":1}'),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ role: fc.constant('tool' as const), toolCallId: id, content: text }),
);

test('any history becomes a prompt that the API accepts, with all of its texts', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), (history) => {
      const { system, messages } = toConversation(history);
      const body = {
        model: 'm',
        max_tokens: 1,
        messages,
        ...(system.length > 0 ? { system } : {}),
        tools: [{ name: 't', input_schema: { type: 'object' } }],
      };
      expect(
        refusalOf(body as unknown as AnthropicBody, { blocks: new Set(), byCall: new Map(), paused: false }),
      ).toBeNull();
      const sent = JSON.stringify([system, messages]);
      for (const { content } of history)
        if (content.trim() !== '') expect(sent).toContain(JSON.stringify(content).slice(1, -1));
    }),
  );
});
