import { describe, expect, test } from '@jest/globals';
import { beginAt, type ConnectionInput, type ConnectionState, evolveConnection } from './connectionState.js';

const after = (...inputs: ConnectionInput[]): ConnectionState => inputs.reduce(evolveConnection, beginAt(7));
const lost = (closeCode = 1006, random = 0.5): ConnectionInput => ({ type: 'lost', closeCode, random });
const hello: ConnectionInput = { type: 'hello' };
const due: ConnectionInput = { type: 'due' };
const event = (seq: number): ConnectionInput => ({ type: 'event', seq });

describe('the connection of a viewer', () => {
  test('is live from hello on, and its cursor is the seq of the last event', () => {
    expect(after(hello, event(8), event(9))).toEqual({ name: 'live', cursor: 9 });
  });

  test('connects again from the last event after it was lost', () => {
    expect(after(hello, event(8), lost(), due)).toEqual({ name: 'connecting', cursor: 8, failures: 1 });
  });

  test('waits longer after each failure in a row, up to ten seconds', () => {
    const delays = [1, 2, 3, 10].map((times) => {
      const state = after(...Array.from({ length: times }, () => [lost(), due]).flat(), lost());
      return state.name === 'waiting' ? state.delayMs : null;
    });
    expect(delays).toEqual([500, 1_000, 2_000, 10_000]);
  });

  test('waits as briefly as at first once it was live again', () => {
    expect(after(lost(), due, lost(), due, hello, lost())).toMatchObject({
      name: 'waiting',
      failures: 1,
      delayMs: 250,
    });
  });

  test.each([
    [0, 100],
    [0.99, 1_090],
  ])(
    'connects again within about a second to a service that restarts: with random %d after %d ms',
    (random, delayMs) => {
      expect(after(hello, lost(1012, random))).toMatchObject({ name: 'waiting', delayMs });
    },
  );

  test('waits at least half a second for a busy service', () => {
    expect(after(hello, lost(1013, 0))).toMatchObject({ name: 'waiting', delayMs: 500 });
  });

  test.each([
    [4400, 'invalid_cursor'],
    [4401, 'unauthorized'],
    [4404, 'chat_not_found'],
  ] as const)('ends for good at close code %d: %s', (closeCode, code) => {
    const refused = after(hello, lost(closeCode));
    expect(refused).toEqual({ name: 'refused', cursor: 7, code, closeCode });
    expect(evolveConnection(refused, due)).toBe(refused);
  });

  test('stays closed, whatever inputs follow', () => {
    const closed = after(hello, { type: 'close' });
    expect([lost(), hello, event(9), due].map((input) => evolveConnection(closed, input))).toEqual(
      Array.from({ length: 4 }, () => closed),
    );
  });
});
