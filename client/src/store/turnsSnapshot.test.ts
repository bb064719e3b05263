import { describe, expect, test } from '@jest/globals';
import type { StatusFrame, ViewerFrame } from '../schema.js';
import { emptyState, evolveTurns, type StoreState, snapshotOf } from './turnsSnapshot.js';

const status = (more: Partial<StatusFrame> = {}): StatusFrame => ({
  type: 'status',
  turnId: 'turn_1',
  status: 'running',
  phase: 'replying',
  steps: [],
  ...more,
});
const loaded: StoreState = { ...emptyState, isLoaded: true };
const running = (frame: StatusFrame): StoreState => ({ ...loaded, turns: evolveTurns(new Map(), frame) });
const statusOf = (state: StoreState) => snapshotOf(state).status;

describe('the status of a chat', () => {
  test('is loading until its messages are read, and then ready', () => {
    expect([statusOf(emptyState), statusOf(loaded)]).toEqual(['loading', 'ready']);
  });

  test('is submitted while a reply is awaited, and ready while follow-ups run', () => {
    expect(statusOf(running(status()))).toBe('submitted');
    expect(statusOf(running(status({ phase: 'following_up' })))).toBe('ready');
    expect(statusOf(running(status({ status: 'awaiting_operator' })))).toBe('awaiting_operator');
  });

  test('is awaiting approval while a call of the running turn waits', () => {
    const calls = [{ id: 'call_1', name: 'echo', status: 'awaiting_approval' as const }];
    const shown = snapshotOf({ ...running(status()), calls });
    expect(shown).toMatchObject({ status: 'awaiting_approval', approvals: [{ turnId: 'turn_1', callId: 'call_1' }] });
    const parked = running(status({ status: 'awaiting_operator' }));
    expect(snapshotOf({ ...parked, calls })).toMatchObject({ status: 'awaiting_approval', approvals: shown.approvals });
    expect(snapshotOf({ ...loaded, calls }).approvals).toEqual([]);
  });

  test('forgets a turn that has ended, whichever frame says so last', () => {
    const completed = { type: 'event', kind: 'turn_completed', turnId: 'turn_1', data: {} } as unknown as ViewerFrame;
    const turns = evolveTurns(new Map(), status());
    expect(evolveTurns(turns, completed).size).toBe(0);
    expect(evolveTurns(evolveTurns(turns, completed), status({ status: 'completed' })).size).toBe(0);
  });

  test('says that it reconnects only after it was connected', () => {
    expect(snapshotOf({ ...loaded, connection: 'connecting' }).reconnecting).toBe(false);
    expect(snapshotOf({ ...loaded, connection: 'waiting', hasConnected: true }).reconnecting).toBe(true);
  });
});
