import { describe, expect, test } from '@jest/globals';
import { context, events, state } from '../../test/support/chats/classifierTurn.js';
import { pin } from './significance.js';

describe('significance', () => {
  const pinned = (
    memoryId: string,
    pinnedSeq: number,
    significance: number | null,
    witnesses = ['chr_h', 'chr_g'],
    byHand = false,
  ) => ({ memoryId, pinnedSeq, significance, witnesses, byHand });

  test('scores the memory of its beat, and pins it at 3 only', () => {
    expect(events('significance', { score: 2 }).map(({ kind }) => kind)).toEqual(['memory_scored']);
    expect(events('significance', { score: 3 })).toEqual([
      { kind: 'memory_scored', data: { memoryId: 'mem_1', significance: 3 } },
      { kind: 'memory_pinned', data: { memoryId: 'mem_1' } },
    ]);
  });

  test('scores nothing where the beat left no memory', () => {
    expect(events('significance', { score: 3 }, state, { ...context, memories: [] })).toEqual([]);
  });

  test('beyond the cap unpins the least significant memory, and the oldest among equals', () => {
    const chat = { ...state, pinned: [pinned('a', 1, 3), pinned('b', 5, 2), pinned('c', 4, 2)] };
    expect(pin('mem_1', context, chat, 3)).toEqual([
      { kind: 'memory_pinned', data: { memoryId: 'mem_1' } },
      { kind: 'memory_unpinned', data: { memoryId: 'c' } },
    ]);
    expect(pin('mem_1', context, chat, 4)).toHaveLength(1);
  });

  test('counts pins per character, and unpins a memory that two share only once', () => {
    const chat = {
      ...state,
      pinned: [pinned('old', 1, 3, ['chr_x']), pinned('both', 2, 3), pinned('mine', 3, 3, ['chr_h'])],
    };
    expect(pin('mem_1', context, chat, 2)).toEqual([
      { kind: 'memory_pinned', data: { memoryId: 'mem_1' } },
      { kind: 'memory_unpinned', data: { memoryId: 'both' } },
    ]);
  });

  test('leaves pinned what a person pinned, also where the memory that it scores is so', () => {
    const theirs = Array.from({ length: 3 }, (_, n) => pinned(`p${n}`, n, 0, undefined, true));
    const chat = { ...state, pinned: [...theirs, pinned('a', 9, 3)] };
    expect(pin('mem_1', context, chat, 3)).toEqual([
      { kind: 'memory_pinned', data: { memoryId: 'mem_1' } },
      { kind: 'memory_unpinned', data: { memoryId: 'a' } },
    ]);
    const byHand = { ...state, pinned: [...theirs, pinned('mem_1', 9, 1, undefined, true)] };
    expect(pin('mem_1', context, byHand, 3)).toEqual([]);
  });

  test('unpins as many as needed, and never the new one', () => {
    const chat = { ...state, pinned: Array.from({ length: 20 }, (_, n) => pinned(`m${n}`, n, 3)) };
    expect(pin('mem_1', context, chat, 12)).toHaveLength(1 + 9);
    expect(pin('mem_1', context, chat, 1)).toHaveLength(1 + 20);
  });
});
