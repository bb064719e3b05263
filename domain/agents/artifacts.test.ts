import { describe, expect, it } from '@jest/globals';
import { type ArtifactKind, artifactData } from './artifacts.js';

const takes = (kind: ArtifactKind, data: unknown) => artifactData[kind].safeParse(data).success;
const snapshot = (fields: object) => ({ graphSnapshot: { rootStepId: 'a', steps: [{ id: 'a' }], ...fields } });
const step = (fields: object) => snapshot({ steps: [{ id: 'a', ...fields }] });

describe('an artifact', () => {
  it.each<[ArtifactKind, unknown]>([
    ['citations', { citations: [] }],
    ['citations', { citations: [{ url: 'https://example.org', pages: [1, 2] }, 'a book'] }],
    ['planning_artifact', { planningArtifact: { id: 'p', steps: [{ title: 'first' }] } }],
    ['reasoning', { reasoning: 'Because.' }],
    ['model_selected', { modelId: 'gpt-4.1' }],
    ['strategy_meta', {}],
    ['strategy_meta', { name: 'A', recordType: 'gene' }],
    ['strategy_link', { strategyId: 12, isSaved: false }],
    ['graph_snapshot', snapshot({})],
    ['graph_snapshot', snapshot({ rootStepId: null, steps: [], name: 'A', recordType: 'gene' })],
    [
      'graph_snapshot',
      step({
        searchName: 'Genes',
        kind: 'search',
        operator: null,
        displayName: 'Genes!',
        parameters: { organism: ['a'], depth: { more: 1 } },
        colocationParams: { upstream: 1 },
        primaryInputStepId: null,
      }),
    ],
    ['graph_plan', { plan: { recordType: 'gene', root: { id: 'a' } }, name: 'A' }],
    ['graph_cleared', {}],
  ])('%s accepts %j', (kind, data) => {
    expect(artifactData[kind].parse(data)).toEqual(data);
  });

  it.each<[ArtifactKind, unknown]>([
    ['citations', {}],
    ['citations', { citations: {} }],
    ['citations', { citations: [null] }],
    ['planning_artifact', {}],
    ['planning_artifact', { planningArtifact: '\0' }],
    ['reasoning', { reasoning: 1 }],
    ['reasoning', { reasoning: 'a\ud800' }],
    ['model_selected', { modelId: '' }],
    ['strategy_meta', { title: 'A' }],
    ['strategy_meta', { name: 'x'.repeat(1_001) }],
    ['strategy_link', { strategyId: '12', isSaved: false }],
    ['strategy_link', { strategyId: 1.5, isSaved: false }],
    ['strategy_link', { strategyId: 2 ** 53, isSaved: false }],
    ['strategy_link', { strategyId: 12 }],
    ['graph_snapshot', {}],
    ['graph_snapshot', snapshot({ steps: undefined })],
    ['graph_snapshot', snapshot({ steps: [{}] })],
    ['graph_snapshot', snapshot({ steps: [{ id: '' }] })],
    ['graph_snapshot', snapshot({ rootStepId: 1 })],
    ['graph_snapshot', snapshot({ edges: [] })],
    ['graph_snapshot', step({ inputs: [] })],
    ['graph_snapshot', step({ parameters: 'all' })],
    ['graph_snapshot', step({ parameters: { a: ['\0'] } })],
    ['graph_plan', { plan: null }],
    ['graph_plan', { plan: [] }],
    ['graph_cleared', { all: true }],
  ])('%s refuses %j', (kind, data) => {
    expect(takes(kind, data)).toBe(false);
  });

  it('is refused with more than 10,000 steps', () => {
    const steps = Array.from({ length: 10_001 }, (_, i) => ({ id: `${i}` }));
    expect(takes('graph_snapshot', snapshot({ steps }))).toBe(false);
    expect(takes('graph_snapshot', snapshot({ steps: steps.slice(1) }))).toBe(true);
  });

  it('with a field that is too long is refused, and the error names the field', () => {
    const { error } = artifactData.graph_snapshot.safeParse(step({ parameters: { a: 'x\0' } }));
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual(['graphSnapshot.steps.0.parameters']);
  });
});
