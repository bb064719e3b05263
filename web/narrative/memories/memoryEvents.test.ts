import { expect, test } from '@jest/globals';
import type { Event, Memory } from '../../../client/src/index.js';
import { applyMemoryEvents } from './memoryEvents.js';

const event = (kind: string, data: object) =>
  ({ kind, data, seq: 9, turnId: null, at: '2026-01-01T00:00:00Z', supersededBy: null, hiddenBy: null }) as Event;
const written = (memoryId: string, witnessId = 'chr_1') =>
  event('memory_written', {
    memoryId,
    witnessId,
    text: memoryId,
    sceneId: null,
    witnesses: ['chr_1', 'chr_2'],
    chatClock: 1,
  });
const old: Memory = {
  id: 'old',
  text: 'old',
  sceneId: null,
  witnesses: [],
  chatClock: 1,
  significance: 1,
  pinned: true,
  at: '2025-01-01T00:00:00Z',
};

test('a new memory is listed first, once for all its witnesses, and is not rated yet', () => {
  const memories = applyMemoryEvents([old], [written('new'), written('new', 'chr_2')]);
  expect(memories.map(({ id }) => id)).toEqual(['new', 'old']);
  expect(memories[0]).toMatchObject({ significance: null, pinned: false, witnesses: ['chr_1', 'chr_2'] });
});

test('ratings and pins change known memories, and those of unknown memories are ignored', () => {
  const events = [
    event('memory_scored', { memoryId: 'old', significance: 3 }),
    event('memory_unpinned', { memoryId: 'old' }),
    event('memory_pinned', { memoryId: 'unknown' }),
  ];
  expect(applyMemoryEvents([old], events)).toEqual([{ ...old, significance: 3, pinned: false }]);
});

test('edits change the text or the rating of known memories, and removals take them out of the list', () => {
  const edited = event('memory_edited', { memoryId: 'old', text: 'As it was.' });
  expect(applyMemoryEvents([old], [edited])).toEqual([{ ...old, text: 'As it was.' }]);
  const removed = event('memory_removed', { memoryId: 'new' });
  expect(applyMemoryEvents([old], [written('new'), edited, removed]).map(({ id }) => id)).toEqual(['old']);
});

test('events that the read memories already contain change nothing', () => {
  const read = { ...old, id: 'new', significance: 3 };
  expect(
    applyMemoryEvents([read], [written('new'), event('memory_scored', { memoryId: 'new', significance: 3 })]),
  ).toEqual([read]);
});
