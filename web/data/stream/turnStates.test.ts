import { expect, test } from '@jest/globals';
import { isFloorHeld, type TurnState, type TurnStates, withoutTurn, withStatus } from './turnStates.js';

const turn = (turnId: string, status: TurnState['status']): TurnState => ({
  turnId,
  status,
  phase: 'replying',
  steps: [],
});
const turns = (...states: TurnState[]) => states.reduce<TurnStates>(withStatus, new Map());

test('a status replaces the earlier one of its turn, and an ended turn is removed', () => {
  const running = turns(turn('a', 'queued'), turn('b', 'queued'), turn('a', 'running'));
  expect([...running.values()].map(({ status }) => status)).toEqual(['running', 'queued']);
  expect([...withStatus(running, turn('a', 'completed')).keys()]).toEqual(['b']);
});

test('the turns stay the same map when a turn is removed that is not among them', () => {
  const running = turns(turn('a', 'running'));
  expect(withoutTurn(running, 'b')).toBe(running);
});

test('a turn that waits for an operator holds the floor only while it is the active turn', () => {
  expect(isFloorHeld(turns(turn('a', 'running')), null)).toBe(true);
  expect(isFloorHeld(turns(turn('a', 'queued')), 'a')).toBe(false);
  expect(isFloorHeld(turns(turn('a', 'awaiting_operator')), 'a')).toBe(true);
  expect(isFloorHeld(turns(turn('a', 'awaiting_operator')), 'b')).toBe(false);
});
