import { describe, expect, test } from '@jest/globals';
import { evolveMemory, type MemoryKind, type MemoryRow, type Projected } from './projectionRows.js';

let seq = 0;
const of = <K extends MemoryKind>(kind: K, data: Omit<Projected<K>['data'], 'memoryId'>): Projected<MemoryKind> => {
  seq += 1;
  return { kind, seq, at: '2026-01-01T00:00:00Z', data: { memoryId: 'mem_1', ...data } } as Projected<MemoryKind>;
};
const written = (witnessId = 'chr_h') =>
  of('memory_written', { witnessId, text: 'The key.', sceneId: null, witnesses: ['chr_h', 'chr_g'], chatClock: 0 });
const fold = (...events: Projected<MemoryKind>[]) => events.reduce<MemoryRow | null>(evolveMemory, null);

describe('the row of a memory', () => {
  test('has the text and the significance that a person gave it, and what was left out stays', () => {
    expect(fold(written(), of('memory_edited', { text: 'The lock.' }))).toMatchObject({
      text: 'The lock.',
      significance: null,
    });
    expect(fold(written(), of('memory_edited', { significance: 0 }))).toMatchObject({
      text: 'The key.',
      significance: 0,
    });
  });

  test('is gone after its removal, whatever its turn finds out later', () => {
    const later = [
      of('memory_scored', { significance: 3 }),
      of('memory_pinned', {}),
      of('memory_edited', { text: 'a' }),
    ];
    expect(fold(written(), written('chr_g'), of('memory_removed', {}))).toBeNull();
    expect(fold(written(), of('memory_removed', {}), ...later)).toBeNull();
  });
});
