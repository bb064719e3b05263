import { describe, expect, test } from '@jest/globals';
import { createToolCallDeltas } from './toolCallDeltas.js';

const assemble = (...frames: Parameters<ReturnType<typeof createToolCallDeltas>['take']>[0][]) => {
  const deltas = createToolCallDeltas();
  for (const frame of frames) deltas.take(frame);
  return deltas.calls();
};
const call = (id: string, name: string, sent: string) => ({ id, name, arguments: sent });

describe('the tool calls of a reply', () => {
  test('are assembled by their index', () => {
    expect(
      assemble(
        [{ index: 0, id: 'a', function: { name: 'x', arguments: '' } }],
        [{ index: 0, function: { arguments: '{"n"' } }],
        [{ index: 1, id: 'b', function: { name: 'y', arguments: '{}' } }],
        [{ index: 0, function: { arguments: ':1}' } }],
      ),
    ).toEqual([call('a', 'x', '{"n":1}'), call('b', 'y', '{}')]);
  });

  test('may arrive whole, without an index', () => {
    expect(
      assemble(
        [{ id: 'a', function: { name: 'x', arguments: '{}' } }],
        [{ id: 'b', function: { name: 'x', arguments: '{"n":2}' } }],
      ),
    ).toEqual([call('a', 'x', '{}'), call('b', 'x', '{"n":2}')]);
    expect(
      assemble([{ function: { name: 'x', arguments: '{}' } }], [{ function: { name: 'y', arguments: '{}' } }]),
    ).toEqual([call('', 'x', '{}'), call('', 'y', '{}')]);
  });

  test('have an empty id where the server sent none, and are dropped without a name', () => {
    expect(assemble([{ index: 0, id: '', function: { name: 'x', arguments: '' } }])).toEqual([call('', 'x', '')]);
    expect(assemble([{ index: 0, function: { arguments: '{' } }])).toEqual([]);
  });

  test('are collected up to a bound', () => {
    expect(() => assemble([{ index: 0, function: { name: 'x', arguments: 'a'.repeat(2_000_000) } }])).toThrow(
      'reply_too_large',
    );
    expect(() => assemble(Array.from({ length: 200 }, (_, index) => ({ index, id: `${index}` })))).toThrow(
      'reply_too_large',
    );
  });
});
