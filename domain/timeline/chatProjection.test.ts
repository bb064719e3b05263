import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NewEvent } from '../log/events.js';
import {
  emptyProjection,
  type ProjectionEvent,
  type ProjectionState,
  projectionChange,
  projectionJson,
} from './chatProjection.js';

type Fact = Extract<NewEvent, { kind: ProjectionEvent['kind'] }>;

function fold(...facts: Fact[]): ProjectionState {
  const state = { ...emptyProjection };
  facts.forEach((fact, i) => {
    Object.assign(state, projectionChange(state, { ...fact, seq: i + 1 } as ProjectionEvent));
  });
  return state;
}
const show = (state: ProjectionState) => JSON.parse(projectionJson(state));

const said: Fact = { kind: 'user_turn', data: { text: 'Hi', segments: [] } };
const edited: Fact = { kind: 'user_turn_edit', data: { userTurnSeq: 1, text: 'Hi!' } };
const replied: Fact = {
  kind: 'assistant_turn',
  data: { speakerId: 'agent', beat: 0, text: 'Hi', truncated: false, userTurnSeq: 1, model: 'gpt-4.1' },
};
const selected: Fact = { kind: 'model_selected', data: { modelId: 'small' } };
const link = (strategyId: number, isSaved = true): Fact => ({ kind: 'strategy_link', data: { strategyId, isSaved } });
const unlink = (strategyId: number): Fact => ({ kind: 'strategy_unlinked', data: { strategyId } });
const meta = (data: { name?: string; recordType?: string }): Fact => ({ kind: 'strategy_meta', data });
const cleared: Fact = { kind: 'graph_cleared', data: {} };
const snapshot = (more: { name?: string; recordType?: string; rootStepId?: string | null } = {}): Fact => ({
  kind: 'graph_snapshot',
  data: {
    graphSnapshot: {
      rootStepId: 'c',
      steps: [
        { id: 'a', searchName: 'A' },
        { id: 'b', searchName: 'B' },
        { id: 'c', primaryInputStepId: 'a', secondaryInputStepId: 'b' },
      ],
      ...more,
    },
  },
});
const givenPlan = {
  recordType: 'gene',
  root: { id: 'x', searchName: 'X', parameters: {} },
  metadata: { name: 'Given' },
};
const planned = (more: { name?: string; recordType?: string } = {}): Fact => ({
  kind: 'graph_plan',
  data: { plan: givenPlan, ...more },
});

describe('the projection of a chat', () => {
  it('is empty at first', () => {
    expect(show(emptyProjection)).toEqual({
      name: null,
      recordType: null,
      modelId: null,
      messageCount: 0,
      plan: null,
      steps: [],
      stepCount: 0,
      rootStepId: null,
      strategyId: null,
      isSaved: false,
      lastEventSeq: 0,
    });
  });

  it('counts the messages, and an edit instead of the user turn that it replaces', () => {
    expect(fold(said, replied, edited, replied)).toMatchObject({ messageCount: 4, lastEventSeq: 4 });
  });

  it('has the model that was selected last, not the one that replied', () => {
    expect(fold(replied).modelId).toBeNull();
    expect(fold({ kind: 'model_selected', data: { modelId: 'large' } }, selected, replied).modelId).toBe('small');
  });

  it('has the steps of the newest snapshot and the plan derived from them', () => {
    expect(show(fold(snapshot({ name: 'N', recordType: 'gene' })))).toMatchObject({
      name: 'N',
      recordType: 'gene',
      stepCount: 3,
      steps: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      rootStepId: 'c',
      plan: {
        recordType: 'gene',
        metadata: { name: 'N' },
        root: { id: 'c', searchName: '__combine__', primaryInput: { id: 'a' }, secondaryInput: { id: 'b' } },
      },
    });
  });

  it('keeps the steps of a snapshot from which no plan can be derived', () => {
    expect(show(fold(planned(), snapshot({ rootStepId: null })))).toMatchObject({
      plan: null,
      stepCount: 3,
      rootStepId: null,
    });
  });

  it('keeps a plan that was set until the next snapshot', () => {
    const given = fold(snapshot(), planned({ name: 'Given', recordType: 'gene' }));
    expect(show(given)).toMatchObject({ plan: givenPlan, name: 'Given', recordType: 'gene', stepCount: 3 });
    expect(show(fold(planned(), snapshot())).plan.root).toMatchObject({ id: 'c' });
  });

  it('keeps the name and the record type that an event leaves out, and its plan follows them', () => {
    const state = fold(meta({ name: 'N', recordType: 'gene' }), snapshot(), meta({ name: 'M' }));
    expect(show(state)).toMatchObject({
      name: 'M',
      recordType: 'gene',
      plan: { recordType: 'gene', metadata: { name: 'M' } },
    });
  });

  it('is linked to one strategy at a time, until another chat links that strategy', () => {
    expect(fold(link(7, false), link(9))).toMatchObject({ strategyId: 9, isSaved: true });
    expect(fold(link(9), unlink(9))).toMatchObject({ strategyId: null, isSaved: false });
    expect(fold(link(9), unlink(7))).toMatchObject({ strategyId: 9, isSaved: true });
  });

  it('is reset by graph_cleared, except for the messages and the model', () => {
    const before = [said, replied, selected, meta({ name: 'N', recordType: 'gene' }), snapshot(), planned(), link(9)];
    expect(fold(...before, cleared)).toEqual({
      ...emptyProjection,
      messageCount: 2,
      modelId: 'small',
      lastEventSeq: before.length + 1,
    });
  });

  it('can be serialised with a plan of 5,000 steps in a chain', () => {
    const steps = Array.from({ length: 5_000 }, (_, i) =>
      i === 0 ? { id: '0' } : { id: `${i}`, primaryInputStepId: `${i - 1}` },
    );
    const shown = show(fold({ kind: 'graph_snapshot', data: { graphSnapshot: { rootStepId: '4999', steps } } }));
    expect(shown).toMatchObject({ stepCount: 5_000, plan: { root: { id: '4999' } } });
  });
});

const anyFact = fc.constantFrom<Fact>(
  said,
  edited,
  replied,
  selected,
  meta({ name: 'N' }),
  meta({ recordType: 'gene' }),
  link(7),
  link(9, false),
  unlink(7),
  unlink(9),
  snapshot(),
  snapshot({ name: 'S', rootStepId: null }),
  planned({ recordType: 'plan' }),
  cleared,
);

describe('for any log', () => {
  it('the fields that an event changes do not depend on the graph', () => {
    fc.assert(
      fc.property(fc.array(anyFact), anyFact, (facts, fact) => {
        const state = fold(...facts);
        const { steps: _, plan: __, ...head } = state;
        const event = { ...fact, seq: facts.length + 1 } as ProjectionEvent;
        expect(projectionChange(head, event)).toEqual(projectionChange(state, event));
      }),
    );
  });

  it('nothing before graph_cleared affects the projection, except for messages and the model', () => {
    fc.assert(
      fc.property(fc.array(anyFact), fc.array(anyFact), (before, after) => {
        const { messageCount, modelId, lastEventSeq, ...rest } = fold(...before, cleared, ...after);
        const { messageCount: _, modelId: __, lastEventSeq: ___, ...expected } = fold(...after);
        expect(rest).toEqual(expected);
        expect(messageCount).toBe(fold(...before).messageCount + fold(...after).messageCount);
        expect(modelId).toBe(fold(...after).modelId ?? fold(...before).modelId);
        expect(lastEventSeq).toBe(before.length + 1 + after.length);
      }),
    );
  });

  it('a chat that is linked to no strategy has no saved strategy', () => {
    fc.assert(
      fc.property(fc.array(anyFact), (facts) => {
        const { strategyId, isSaved } = fold(...facts);
        if (strategyId === null) expect(isSaved).toBe(false);
      }),
    );
  });
});
