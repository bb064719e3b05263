import { describe, expect, test } from '@jest/globals';
import { changeMemory, newMemory } from './memoryChange.js';

describe('a memory that a person writes', () => {
  test('has one event for each witness, and belongs to no scene and no turn', () => {
    const data = { memoryId: 'mem_1', text: 'The key.', sceneId: null, witnesses: ['chr_h', 'chr_g'], chatClock: 0 };
    expect(newMemory('mem_1', { text: 'The key.', witnessIds: ['chr_h', 'chr_g', 'chr_h'] })).toEqual([
      { kind: 'memory_written', data: { ...data, witnessId: 'chr_h' } },
      { kind: 'memory_written', data: { ...data, witnessId: 'chr_g' } },
    ]);
  });

  test('is scored and pinned as wished', () => {
    const [, ...more] = newMemory('mem_1', { text: 'a', witnessIds: ['chr_h'], significance: 0, pinned: true });
    expect(more).toEqual([
      { kind: 'memory_scored', data: { memoryId: 'mem_1', significance: 0 } },
      { kind: 'memory_pinned', data: { memoryId: 'mem_1' } },
    ]);
  });
});

describe('a change of a memory', () => {
  const memory = { id: 'mem_1', text: 'The key.', significance: null, pinned: false };
  const change = (changes: Parameters<typeof changeMemory>[1]) => changeMemory(memory, changes);

  test('has only what differs', () => {
    expect(change({ text: 'The lock.' })).toEqual([
      { kind: 'memory_edited', data: { memoryId: 'mem_1', text: 'The lock.' } },
    ]);
    expect(change({ text: 'The key.', significance: 0 })).toEqual([
      { kind: 'memory_edited', data: { memoryId: 'mem_1', significance: 0 } },
    ]);
    expect(change({ pinned: true })).toEqual([{ kind: 'memory_pinned', data: { memoryId: 'mem_1' } }]);
    expect(changeMemory({ ...memory, pinned: true }, { pinned: false, significance: 2 })).toEqual([
      { kind: 'memory_edited', data: { memoryId: 'mem_1', significance: 2 } },
      { kind: 'memory_unpinned', data: { memoryId: 'mem_1' } },
    ]);
  });

  test('is no event where the memory is so already', () => {
    expect(change({})).toEqual([]);
    expect(change({ text: 'The key.', pinned: false })).toEqual([]);
  });
});
