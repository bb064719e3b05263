import { describe, expect, test } from '@jest/globals';
import { decideFinish, decideWait, type HeldTurn } from './decideFinish.js';

const given = (more: Partial<HeldTurn> = {}): HeldTurn => ({
  turnId: 'turn_a',
  status: 'running',
  activeTurnId: 'turn_a',
  ...more,
});

describe('finishing a turn', () => {
  test('ends it and passes the floor that it holds', () => {
    const turn = given();
    const decision = decideFinish(turn);
    expect(decision).toEqual({ ends: true, successor: { action: 'pass_floor' } });
  });

  test('leaves the floor to the turn that got it while this one waited for an operator', () => {
    const turn = given({ status: 'awaiting_operator', activeTurnId: 'turn_b' });
    const decision = decideFinish(turn);
    expect(decision).toEqual({ ends: true, successor: { action: 'name_holder', turnId: 'turn_b' } });
  });

  test('for the second time ends nothing and names the same successor', () => {
    const turn = given({ status: 'completed', activeTurnId: 'turn_b' });
    const decision = decideFinish(turn);
    expect(decision).toEqual({ ends: false, successor: { action: 'name_holder', turnId: 'turn_b' } });
  });

  test('for the second time names no successor when none waited', () => {
    const turn = given({ status: 'completed', activeTurnId: null });
    const decision = decideFinish(turn);
    expect(decision).toEqual({ ends: false, successor: { action: 'none' } });
  });
});

describe('a turn that waits for an operator', () => {
  test('passes the floor', () => {
    const turn = given();
    const decision = decideWait({ keepFloor: false }, turn);
    expect(decision).toEqual({ action: 'wait', passesFloor: true });
  });

  test('keeps the floor when its reply is parked', () => {
    const turn = given();
    const decision = decideWait({ keepFloor: true }, turn);
    expect(decision).toEqual({ action: 'wait', passesFloor: false });
  });

  test('does not pass a floor that another turn holds', () => {
    const turn = given({ activeTurnId: 'turn_b' });
    const decision = decideWait({ keepFloor: false }, turn);
    expect(decision).toEqual({ action: 'wait', passesFloor: false });
  });

  test('does not wait once it has ended', () => {
    const turn = given({ status: 'cancelled' });
    const decision = decideWait({ keepFloor: false }, turn);
    expect(decision).toEqual({ action: 'nothing' });
  });
});
