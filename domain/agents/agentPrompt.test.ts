import { describe, expect, test } from '@jest/globals';
import { type AgentPromptInput, agentPrompt } from './agentPrompt.js';

const limits = { soft: 1_000, hard: 2_000, countTokens: (text: string) => Math.ceil(text.length / 4) };
const call = (id: string, result: string) => ({ id, name: 'look', arguments: '{}', result });
const input = (more: Partial<AgentPromptInput> = {}): AgentPromptInput => ({
  systemPrompt: 'Be brief.',
  history: [],
  prose: 'What now?',
  iterations: [],
  ...more,
});
const sizeOf = (messages: object[]) => limits.countTokens(JSON.stringify(messages));

describe("an agent's prompt", () => {
  test('holds the messages, the calls of tools and their results in order', () => {
    const history = [
      { role: 'user' as const, text: 'Hello?' },
      { role: 'assistant' as const, text: 'Hi.' },
    ];
    const iterations = [{ text: 'Let me see.', calls: [call('a', '1'), call('b', '2')] }];
    expect(agentPrompt(input({ history, iterations }), limits)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'What now?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        toolCalls: [
          { id: 'a', name: 'look', arguments: '{}' },
          { id: 'b', name: 'look', arguments: '{}' },
        ],
      },
      { role: 'tool', toolCallId: 'a', content: '1' },
      { role: 'tool', toolCallId: 'b', content: '2' },
    ]);
  });

  test('has calls that a client ran with their outputs, before what the user said next, and nothing for no text', () => {
    const asked = { text: 'I look.', calls: [call('a', 'sun')] };
    const history = [
      { role: 'user' as const, text: 'Weather?' },
      { role: 'assistant' as const, text: 'I look.', iterations: [asked] },
    ];
    const before = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'I look.', toolCalls: [{ id: 'a', name: 'look', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'a', content: 'sun' },
    ];
    expect(agentPrompt(input({ history, prose: '' }), limits)).toEqual(before);
    expect(agentPrompt(input({ history }), limits)).toEqual([...before, { role: 'user', content: 'What now?' }]);
    const later = [...history, { role: 'user' as const, text: 'And?' }];
    expect(agentPrompt(input({ history: later }), limits)).toEqual([
      ...before,
      { role: 'user', content: 'And?' },
      { role: 'user', content: 'What now?' },
    ]);
  });

  test('keeps every call of an earlier turn with its result, or neither', () => {
    const long = { text: '', calls: [call('a', 'x '.repeat(3_000)), call('b', 'y')] };
    const history = [
      { role: 'assistant' as const, text: '', iterations: [long] },
      { role: 'user' as const, text: 'And?' },
    ];
    expect(agentPrompt(input({ history }), limits).map(({ role }) => role)).toEqual(['system', 'user', 'user']);
  });

  test('drops the oldest turns first, and only as many as the budget requires', () => {
    const history = Array.from({ length: 50 }, (_, n) => ({
      role: 'user' as const,
      text: `${n} ${'word '.repeat(40)}`,
    }));
    const kept = agentPrompt(input({ history }), limits).flatMap((message) =>
      message.role === 'user' && message.content !== 'What now?' ? [Number(message.content.split(' ')[0])] : [],
    );
    expect(kept.length).toBeGreaterThan(5);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 50 - kept.length + n));
  });

  test('cuts results of tools before it cuts the question, and keeps a result for every call', () => {
    const iterations = [
      { text: '', calls: Array.from({ length: 6 }, (_, n) => call(`c${n}`, 'result '.repeat(5_000))) },
    ];
    const prompt = agentPrompt(input({ iterations }), limits);
    expect(prompt.filter(({ role }) => role === 'tool')).toHaveLength(6);
    expect(prompt).toContainEqual({ role: 'user', content: 'What now?' });
    expect(sizeOf(prompt)).toBeLessThan(limits.hard + 200);
  });

  test('holds the reasoning and the fields of the server with the calls that they belong to', () => {
    const reasoning = { text: 'I must look.', blocks: [{ api: 'chat' as const, block: { data: 'x' } }] };
    const serverFields = { extra_content: { signature: 's' } };
    const iterations = [
      { text: '', calls: [{ ...call('a', '1'), ownId: 'call_0_0', serverFields }], reasoning },
      { text: '', calls: [call('b', '2')] },
    ];
    const asking = agentPrompt(input({ iterations }), limits).filter(({ role }) => role === 'assistant');
    expect(asking).toEqual([
      {
        role: 'assistant',
        content: '',
        toolCalls: [{ id: 'a', name: 'look', arguments: '{}', serverFields }],
        reasoning,
      },
      { role: 'assistant', content: '', toolCalls: [{ id: 'b', name: 'look', arguments: '{}' }] },
    ]);
  });

  test('cuts reasoning before results of tools, the oldest first, and never to nothing', () => {
    const iterations = Array.from({ length: 4 }, (_, n) => ({
      text: '',
      calls: [call(`c${n}`, 'result '.repeat(100))],
      reasoning: { text: 'thought '.repeat(1_500), blocks: [] },
    }));
    const prompt = agentPrompt(input({ iterations }), limits);
    const texts = prompt.flatMap((message) =>
      'reasoning' in message && message.reasoning ? [message.reasoning.text] : [],
    );
    expect(texts).toHaveLength(4);
    expect(texts.every((text) => text !== '')).toBe(true);
    expect(texts.at(-1)!.length).toBeGreaterThan(texts[0]!.length);
    expect(prompt.filter(({ role, content }) => role === 'tool' && !content.endsWith('…'))).toHaveLength(4);
    expect(sizeOf(prompt)).toBeLessThan(limits.hard + 200);
  });

  test('leaves out the oldest blocks of reasoning that do not fit, and no part of one', () => {
    const iterations = Array.from({ length: 5 }, (_, n) => ({
      text: '',
      calls: [call(`c${n}`, '')],
      reasoning: { text: '', blocks: [{ api: 'chat' as const, block: { data: `${n}`.repeat(1_500) } }] },
    }));
    const prompt = agentPrompt(input({ iterations }), limits);
    const blocks = prompt.map((message) => ('reasoning' in message ? (message.reasoning?.blocks.length ?? 0) : null));
    expect(blocks.filter((count) => count !== null)).toEqual([0, 0, 0, 1, 1]);
  });

  test('stops counting the arguments of calls once they exceed the budget', () => {
    let counted = 0;
    const countTokens = (text: string) => {
      counted += text.length;
      return Math.ceil(text.length / 4);
    };
    const calls = Array.from({ length: 20 }, (_, n) => ({ ...call(`c${n}`, ''), arguments: 'x'.repeat(1_000_000) }));
    agentPrompt(input({ iterations: [{ text: '', calls }] }), { ...limits, countTokens });
    expect(counted).toBeLessThan(4 * limits.hard + 1_000);
  });
});
