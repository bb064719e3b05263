import { describe, expect, test } from '@jest/globals';
import {
  areTooManyMissing,
  FAILING_AFTER_MS,
  FAILING_PATIENCE_MS,
  type FoundWorkflow,
  type OpenTurn,
  reconcileAction,
  SLOW_AFTER_MS,
} from './reconcile.js';

const now = Date.parse('2026-11-27T12:00:00Z');
const ago = (ms: number) => new Date(now - ms);
const turn = (more: Partial<OpenTurn> = {}): OpenTurn => ({
  opened: true,
  holdsFloor: true,
  failingSince: null,
  ...more,
});
const running = (failingForMs: number | null = null, slow = false): FoundWorkflow => ({
  status: 'running',
  runId: 'run',
  failing:
    failingForMs === null
      ? null
      : { since: ago(failingForMs), attempt: 4, cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', slow },
});
const notFound: FoundWorkflow = { status: 'not_found' };
const action = (open: OpenTurn, found: FoundWorkflow) => reconcileAction(open, found, now);

describe('the reconciler', () => {
  test('leaves a turn alone whose workflow runs', () => {
    expect(action(turn(), running())).toBe('leave');
  });

  test('closes a turn whose workflow is closed', () => {
    expect(action(turn(), { status: 'closed', runId: 'run', closedAs: 'TERMINATED' })).toBe('close');
  });

  test('starts a turn whose workflow never ran, and only reports one whose workflow ran and is not found', () => {
    expect(action(turn({ opened: false }), notFound)).toBe('start');
    expect(action(turn(), notFound)).toBe('missing');
  });

  test('passes the floor on once the workflow has failed for 15 s, and not before', () => {
    expect(action(turn(), running(FAILING_AFTER_MS - 1))).toBe('leave');
    expect(action(turn(), running(FAILING_AFTER_MS))).toBe('pass_floor');
  });

  test('passes the floor of a workflow that is only slow on after ten minutes, and not before', () => {
    expect(action(turn(), running(SLOW_AFTER_MS - 1, true))).toBe('leave');
    expect(action(turn(), running(SLOW_AFTER_MS, true))).toBe('pass_floor');
  });

  test('passes the floor of a turn on once', () => {
    expect(action(turn({ failingSince: ago(60_000), holdsFloor: false }), running(60_000))).toBe('leave');
  });

  test('ends a turn whose workflow could not go on for as long as operators have, and not before', () => {
    const since = (ms: number) => turn({ failingSince: ago(ms), holdsFloor: false });
    expect(action(since(FAILING_PATIENCE_MS - 1), running(FAILING_PATIENCE_MS))).toBe('leave');
    expect(action(since(FAILING_PATIENCE_MS), running(FAILING_PATIENCE_MS))).toBe('give_up');
  });

  test('notices that a workflow can go on again', () => {
    expect(action(turn({ failingSince: ago(60_000) }), running())).toBe('recovered');
  });

  test('takes three missing turns, or a fifth of all, for lost, and more for a Temporal without its data', () => {
    expect(areTooManyMissing({ missing: 3, looked: 3 })).toBe(false);
    expect(areTooManyMissing({ missing: 4, looked: 4 })).toBe(true);
    expect(areTooManyMissing({ missing: 20, looked: 100 })).toBe(false);
    expect(areTooManyMissing({ missing: 21, looked: 100 })).toBe(true);
  });
});
