import { isRestartReason, type RestartReason } from '../../domain/turns/restartReasons.js';
import type { WireToken } from '../wire/wire.js';

/** An attempt at a reply, as its tokens and the draft's row in Postgres name it. `fence` is its fencing token. */
export type Attempt = Pick<WireToken, 'fence' | 'epoch' | 'reason'>;

/** The newest fencing token and epoch that are known, and why this epoch replaced the one before. */
type Lease = { readonly fence: number; readonly epoch: number; readonly reason: RestartReason };

/**
 * The state of one draft in the gateway. Each function below is one transition; it returns the same object when nothing
 * changes, so that the common token allocates nothing.
 *
 * | state        | means                                                                        | ends by             |
 * | ------------ | ---------------------------------------------------------------------------- | ------------------- |
 * | `current`    | the text is contiguous, and its writer holds the fence                       |                     |
 * | `gap`        | tokens behind missing text are held until the checkpoints have that text     | `gapClosed`         |
 * | `superseded` | a newer attempt holds the fence and has written nothing; the old text stands | `attemptWrote`      |
 * | `landed`     | the reply is in the log, or nothing of it was kept; nothing is accepted      | never               |
 *
 * A newer epoch leads from each of the first three to `current` with empty texts.
 */
export type DraftState =
  | ({ readonly status: 'current' } & Lease)
  | ({ readonly status: 'gap' } & Lease)
  | ({ readonly status: 'superseded' } & Lease)
  | ({ readonly status: 'landed' } & Lease);

/** Epoch 0 is a draft of which nothing was written. */
export const emptyDraft: DraftState = { status: 'current', fence: 0, epoch: 0, reason: 'new_attempt' };

/** Whether what this attempt writes is accepted: it holds the fence, and its epoch is not an earlier one. */
export function accepts({ status, fence, epoch }: DraftState, attempt: Attempt): boolean {
  return status !== 'landed' && attempt.fence >= fence && attempt.epoch >= epoch;
}

/** A token or a step of an accepted attempt arrives. */
export function attemptWrote(state: DraftState, attempt: Attempt): DraftState {
  if (attempt.epoch > state.epoch) return newEpoch(state, attempt);
  switch (state.status) {
    case 'current':
    case 'gap':
      return attempt.fence > state.fence ? { ...state, fence: attempt.fence } : state;
    case 'superseded':
      return { ...state, status: 'current', fence: attempt.fence };
    case 'landed':
      return state;
  }
}

/** The draft's row is read, which names the attempt that holds the fence. It may be older than what the wire brought. */
export function leaseRead(state: DraftState, attempt: Attempt): DraftState {
  if (attempt.epoch > state.epoch) return newEpoch(state, attempt);
  if (attempt.fence <= state.fence) return state;
  switch (state.status) {
    case 'current':
      // Before the first epoch there is no text that another attempt could replace.
      return { ...state, status: state.epoch === 0 ? 'current' : 'superseded', fence: attempt.fence };
    case 'gap':
    case 'superseded':
      return { ...state, fence: attempt.fence };
    case 'landed':
      return state;
  }
}

/** Tokens are held behind missing text. */
export function gapOpened(state: DraftState): DraftState {
  switch (state.status) {
    case 'current':
    case 'superseded':
      return { ...state, status: 'gap' };
    case 'gap':
    case 'landed':
      return state;
  }
}

/** No tokens are held any more. */
export function gapClosed(state: DraftState): DraftState {
  switch (state.status) {
    case 'gap':
      return { ...state, status: 'current' };
    case 'current':
    case 'superseded':
    case 'landed':
      return state;
  }
}

/** The beat's `assistant_turn` is in the log, or its turn has ended without one. */
export function draftLanded(state: DraftState): DraftState {
  return state.status === 'landed' ? state : { ...state, status: 'landed' };
}

function newEpoch(state: DraftState, { fence, epoch, reason }: Attempt): DraftState {
  if (state.status === 'landed') return state;
  return {
    status: 'current',
    fence: Math.max(fence, state.fence),
    epoch,
    // A newer worker may send a reason that this gateway does not know.
    reason: isRestartReason(reason) ? reason : 'new_attempt',
  };
}
