import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DeliveryCursor, joined, type Transition, transition, type ViewerInput } from './viewerState.js';

const cursorAt = (seq: number): DeliveryCursor => ({ seq, drafts: new Map(), statusVersion: 0 });
const cursor = cursorAt(7);
const catchingUp = { phase: 'catchingUp', cursor } as const;
const behind = { phase: 'behind', cursor } as const;
const live = { phase: 'live' } as const;
const closed = { phase: 'closed' } as const;

test('a viewer that has joined catches up from the cursor that it came with', () => {
  const { state, effect } = joined(7);
  expect(state).toEqual(catchingUp);
  expect(effect).toEqual({ type: 'catchUp', cursor });
});

describe.each([catchingUp, behind])('a viewer that is $phase', (given) => {
  test('joins the live group with its own cursor when it has caught up', () => {
    const then = transition(given, { type: 'caughtUp' });
    expect(then.state).toEqual(live);
    expect(then.effect).toEqual({ type: 'joinLiveGroup', drafts: cursor.drafts });
  });

  test('leaves no group when it is closed, since it is in none', () => {
    expect(transition(given, { type: 'closed' })).toEqual({ state: closed, effect: null });
  });
});

describe('a viewer that is live', () => {
  test('catches up from the cursor of the group when it falls behind', () => {
    const at = cursorAt(9);
    expect(transition(live, { type: 'fellBehind', cursor: at })).toEqual({
      state: { phase: 'behind', cursor: at },
      effect: { type: 'catchUp', cursor: at },
    });
  });

  test('leaves the group when it is closed', () => {
    expect(transition(live, { type: 'closed' })).toEqual({ state: closed, effect: { type: 'leaveLiveGroup' } });
  });
});

const inputs: ViewerInput[] = [{ type: 'caughtUp' }, { type: 'fellBehind', cursor }, { type: 'closed' }];

test.each(inputs)('a viewer that is closed stays closed on $type and has no effect', (input) => {
  expect(transition(closed, input)).toEqual({ state: closed, effect: null });
});

test('a viewer never runs two catch-up loops, and is a member of the live group exactly while it is live', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...inputs), { maxLength: 20 }), (sequence) => {
      let loops = 0;
      let memberships = 0;
      let { state, effect }: Transition = joined(0);
      const run = () => {
        if (effect?.type === 'catchUp') loops += 1;
        if (effect?.type === 'joinLiveGroup') memberships += 1;
        if (effect?.type === 'leaveLiveGroup') memberships -= 1;
      };
      run();
      for (const input of sequence) {
        // The loop ends when it has caught up or finds the sink closed; the group has dropped a viewer that fell behind.
        if (loops > 0 && input.type !== 'fellBehind') loops -= 1;
        if (state.phase === 'live' && input.type === 'fellBehind') memberships -= 1;
        ({ state, effect } = transition(state, input));
        run();
        expect(loops).toBe(state.phase === 'catchingUp' || state.phase === 'behind' ? 1 : 0);
        expect(memberships).toBe(state.phase === 'live' ? 1 : 0);
      }
    }),
  );
});
