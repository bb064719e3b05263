import type { FollowEnd } from '../errors.js';
import { type Backoff, backoffMs } from '../requests/backoff.js';

/**
 * The state of a viewer's connection. `cursor` is the seq of the last delivered event. Each connection begins after it,
 * so that no event is missed or delivered twice.
 *
 * connecting ──hello──▶ live ──lost──▶ waiting ──due──▶ connecting
 * connecting ──lost──▶ waiting; any ──a final close code──▶ refused; any ──close──▶ closed
 */
export type ConnectionState =
  | { name: 'connecting'; cursor: number; failures: number }
  | { name: 'live'; cursor: number }
  | { name: 'waiting'; cursor: number; failures: number; delayMs: number }
  | { name: 'refused'; cursor: number; code: FollowEnd; closeCode: number }
  | { name: 'closed'; cursor: number };

export type ConnectionInput =
  | { type: 'hello' }
  | { type: 'event'; seq: number }
  /** The connection ended with this WebSocket close code. `random` is in [0, 1). */
  | { type: 'lost'; closeCode: number; random: number }
  | { type: 'due' }
  | { type: 'close' };

/** Close codes after which another connection would end the same way. */
const refusals: Record<number, FollowEnd> = { 4400: 'invalid_cursor', 4401: 'unauthorized', 4404: 'chat_not_found' };

/** The service restarts: its successor accepts connections within about a second. */
const restarting = 1012;
/** The viewer was too slow, or the service is too busy. */
const tryAgainLater = 1013;
const usual: Backoff = { firstMs: 250, maxMs: 10_000 };
const busy: Backoff = { firstMs: 1_000, maxMs: 10_000 };

/** The first state of a viewer that has all events up to `cursor`. */
export const beginAt = (cursor: number): ConnectionState => ({ name: 'connecting', cursor, failures: 0 });

/** The state after an input. `refused` and `closed` are final. */
export function evolveConnection(state: ConnectionState, input: ConnectionInput): ConnectionState {
  if (state.name === 'closed' || state.name === 'refused') return state;
  const { cursor } = state;
  switch (input.type) {
    case 'hello':
      return { name: 'live', cursor };
    case 'event':
      return { ...state, cursor: Math.max(cursor, input.seq) };
    case 'due':
      return state.name === 'waiting' ? { name: 'connecting', cursor, failures: state.failures } : state;
    case 'close':
      return { name: 'closed', cursor };
    case 'lost': {
      const code = refusals[input.closeCode];
      if (code) return { name: 'refused', cursor, code, closeCode: input.closeCode };
      const failures = state.name === 'live' ? 0 : state.failures;
      return { name: 'waiting', cursor, failures: failures + 1, delayMs: delayMs(input, failures) };
    }
  }
}

function delayMs({ closeCode, random }: { closeCode: number; random: number }, failures: number): number {
  if (closeCode === restarting) return 100 + random * 1_000;
  return backoffMs(failures, closeCode === tryAgainLater ? busy : usual, random);
}
