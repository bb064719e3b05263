import { expect, test } from '@jest/globals';
import type { ExportedEvent } from './exportedChat.js';
import { createShapeCheck } from './importShapes.js';

const now = Date.parse('2026-11-01T00:00:00Z');
const event = (kind: ExportedEvent['kind'], data: object, more: Partial<ExportedEvent> = {}): ExportedEvent => ({
  ...{ type: 'event', seq: 10, kind, turnId: 'turn_1', step: 's', n: 0, at: '2026-10-01T00:00:00Z' },
  data: data as Record<string, unknown>,
  ...more,
});
const check = (...events: ExportedEvent[]) => {
  const faultOf = createShapeCheck(now);
  return events.map(faultOf).find((fault) => fault !== null) ?? null;
};
const many = (count: number, make: (n: number) => ExportedEvent) => Array.from({ length: count }, (_, n) => make(n));
const edge = { sourceId: 'you', targetId: 'chr_1', affinityDelta: 1, trustDelta: 1, knowledgeFacts: [] };
const memory = { memoryId: 'mem_1', text: 'x', sceneId: null, witnesses: ['you'], chatClock: 1 };

test('an event as the service writes it has no fault', () => {
  expect(
    check(
      event('edge_update', { ...edge, lastInteractionAt: '2026-10-01T00:00:00Z' }),
      event('memory_written', { ...memory, witnessId: 'you' }),
      event('memory_written', { ...memory, witnessId: 'chr_1' }, { n: 1 }),
      event('changes_proposed', { messageSeq: 2, changeIds: ['chg_1'], count: 1 }),
      event('strategy_link', { strategyId: 2 ** 40, isSaved: true }),
    ),
  ).toBeNull();
});

test.each<[string, ExportedEvent[]]>([
  ['a number beyond an integer', [event('assistant_turn', { beat: 2 ** 40 })]],
  ['an infinite time', [event('edge_update', { ...edge, lastInteractionAt: 'infinity' })]],
  ['a time that is none', [event('edge_update', { ...edge, lastInteractionAt: 'x' })]],
  ['a time in the year 0', [event('user_turn', {}, { at: '0000-01-01T00:00:00Z' })]],
  ['a time to come', [event('user_turn', {}, { at: '9999-12-31T23:59:59Z' })]],
  ['an endless id', [event('memory_scored', { memoryId: 'm'.repeat(100_000), significance: 1 })]],
  ['a proposal of a later message', [event('changes_proposed', { messageSeq: 11, changeIds: [], count: 0 })]],
  ['two proposals of a message', many(2, (n) => event('changes_proposed', { messageSeq: 2, changeIds: [`chg_${n}`] }))],
  [
    'one change proposed twice',
    many(2, (n) => event('changes_proposed', { messageSeq: 2 + n, changeIds: ['chg_1'], count: 1 })),
  ],
  [
    'a proposal of many changes',
    [
      event('changes_proposed', {
        messageSeq: 2,
        changeIds: many(201, () => event('user_turn', {})).map((_, n) => `chg_${n}`),
      }),
    ],
  ],
  [
    'summaries of endless points of view',
    many(2_000, (n) => event('scene_summary', { sceneId: 's', povId: `chr_${n}` })),
  ],
  ['a memory of endless witnesses', many(2_001, () => event('memory_written', { ...memory, witnessId: 'you' }))],
  ['endless turns of one line', many(501, (n) => event('assistant_turn', { userTurnSeq: 2 }, { turnId: `turn_${n}` }))],
  [
    'endless relationships',
    many(2_001, (n) => event('edge_update', { ...edge, sourceId: `chr_${n % 50}`, targetId: `chr_${n}` })),
  ],
])('an import with %s is refused', (_, events) => {
  expect(check(...events)).not.toBeNull();
});
