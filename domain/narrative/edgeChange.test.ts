import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Edge, newEdge, updateEdge } from './edge.js';
import { changeEdge } from './edgeChange.js';

const edge: Edge = { ...newEdge('chr_h', 'you'), affinity: 60, summary: 'Wary.', knowledgeFacts: ['sings'] };
const ofEdge = { sourceId: 'chr_h', targetId: 'you' };

describe('a change of an edge by a person', () => {
  test('is the difference to its values, and counts as no interaction', () => {
    expect(changeEdge(edge, { affinity: 80, trust: 10 })).toEqual([
      {
        kind: 'edge_update',
        data: { ...ofEdge, affinityDelta: 20, trustDelta: -40, knowledgeFacts: [], lastInteractionAt: null },
      },
    ]);
  });

  test('adds facts that are not known yet, without blanks and duplicates', () => {
    const [update] = changeEdge(edge, { knowledgeFacts: ['sings', ' rows ', 'rows', ' '] });
    expect(update).toMatchObject({ data: { affinityDelta: 0, knowledgeFacts: ['rows'] } });
  });

  test('replaces the summary, also with none', () => {
    expect(changeEdge(edge, { summary: 'Fond.' })).toEqual([
      { kind: 'edge_summary', data: { ...ofEdge, summary: 'Fond.' } },
    ]);
    expect(changeEdge(edge, { summary: '' })).toMatchObject([{ data: { summary: '' } }]);
    expect(changeEdge(newEdge('chr_h', 'you'), { summary: '' })).toEqual([]);
  });

  test('is no event where the edge is so already', () => {
    expect(changeEdge(edge, {})).toEqual([]);
    expect(changeEdge(edge, { affinity: 60, trust: 50, summary: 'Wary.', knowledgeFacts: ['sings'] })).toEqual([]);
  });

  test('leads to the wished values, and keeps the time of the last interaction', () => {
    const value = fc.integer({ min: 0, max: 100 });
    const at = '2026-01-01T00:00:00.000Z';
    fc.assert(
      fc.property(value, value, value, value, (affinity, trust, to, toTrust) => {
        const before = { ...edge, affinity, trust, lastInteractionAt: at };
        const [update] = changeEdge(before, { affinity: to, trust: toTrust });
        const after = update?.kind === 'edge_update' ? updateEdge(before, update.data) : before;
        expect(after).toEqual({ ...before, affinity: to, trust: toTrust });
      }),
    );
  });
});
