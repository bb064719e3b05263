import { describe, expect, test } from '@jest/globals';
import { BUILTIN, builtins, type ToolDescriptor } from '../../domain/agents/tools.js';
import type { ToolContext } from './builtins.js';
import { createToolRegistry, type OutsideTools } from './registry.js';

const tool = (name: string, more: Partial<ToolDescriptor> = {}): ToolDescriptor => ({
  ...builtins[0],
  name,
  source: 'mcp:test',
  parameters: { type: 'object' },
  timeoutMs: 200,
  ...more,
});
const tools: Record<string, () => Promise<{ success: boolean; content: string }>> = {
  fine: async () => ({ success: true, content: 'ok\0ay' }),
  hanging: () => new Promise(() => undefined),
  huge: async () => ({ success: true, content: 'x'.repeat(100_000) }),
  broken: async () => {
    throw new Error('a secret');
  },
};
const outside: OutsideTools = {
  list: () => Object.keys(tools).map((name) => tool(name)),
  call: async (name) => (await tools[name]?.()) ?? { success: false, content: '' },
};
const nothing = async () => ({ success: false, content: '' });
const context: ToolContext = {
  searchMemories: nothing,
  searchMessages: nothing,
  readDocument: async () => null,
  proposeEdit: nothing,
};
const now = () => new Date('2026-03-01T12:00:00Z');
const registry = createToolRegistry({ outside, now });
const run = (name: string, sent: Record<string, unknown> = {}, signal = new AbortController().signal) =>
  registry.run({ name, arguments: sent }, { signal, context });
const codeOf = async (result: ReturnType<typeof run>) => (await result).content.split(':')[0];

describe('the registry of tools', () => {
  test('lists the built-in tools and those from elsewhere', () => {
    expect(registry.list().map(({ source }) => source)).toEqual([
      ...builtins.map(() => BUILTIN),
      ...Object.keys(tools).map(() => 'mcp:test'),
    ]);
  });

  test('returns the result of a tool, cleaned for storage', async () => {
    expect(await run('fine')).toEqual({ success: true, content: 'okay' });
    expect(await run('calculate', { expression: '6*7' })).toEqual({ success: true, content: '42' });
    expect((await run('current_time', { timeZone: 'Asia/Tokyo' })).content).toContain('21:00:00');
  });

  test.each([
    ['hanging', {}, 'tool_timed_out'],
    ['huge', {}, 'tool_result_too_large'],
    ['broken', {}, 'tool_failed'],
    ['gone', {}, 'tool_not_found'],
    ['calculate', { expression: 5 }, 'bad_arguments'],
    ['calculate', { expression: '0/0' }, 'bad_expression'],
    ['calculate', {}, 'bad_arguments'],
    ['current_time', { timeZone: 'Nowhere/At_All' }, 'bad_time_zone'],
    ['read_document', {}, 'no_document'],
  ])('returns an error for %s with %j', async (name, sent, code) => {
    expect(await codeOf(run(name, sent))).toBe(code);
  });

  test('returns at a stop although the tool ignores it, also when the stop came before the call', async () => {
    const stop = new AbortController();
    const result = codeOf(run('hanging', {}, stop.signal));
    stop.abort();
    expect(await result).toBe('tool_stopped');
    expect(await codeOf(run('hanging', {}, stop.signal))).toBe('tool_stopped');
  });
});
