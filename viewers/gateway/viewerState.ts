import type { DeliveredDrafts } from './deliveredDrafts.js';

/** How far the frames of a chat were handed to one viewer's sink. Delivery moves it forward in place. */
export type DeliveryCursor = {
  /** The seq of the newest event. */
  seq: number;
  drafts: DeliveredDrafts;
  /** The version of the newest turn status. */
  statusVersion: number;
};

/**
 * The state of a viewer.
 *
 * | state        | means                                                          | on `caughtUp` | on `fellBehind` | on `closed` |
 * | ------------ | -------------------------------------------------------------- | ------------- | --------------- | ----------- |
 * | `catchingUp` | it has joined and gets what it misses, at its own pace         | `live`        |                 | `closed`    |
 * | `live`       | it is in the live group, whose members share one cursor        |               | `behind`        | `closed`    |
 * | `behind`     | too much was unsent: it catches up again, at its own pace      | `live`        |                 | `closed`    |
 * | `closed`     | its sink is closed                                             |               |                 |             |
 *
 * What was in flight when a viewer joined begins with a `draft` frame; one that is `behind` gets tokens.
 */
export type ViewerState =
  | { readonly phase: 'catchingUp'; readonly cursor: DeliveryCursor }
  | { readonly phase: 'live' }
  | { readonly phase: 'behind'; readonly cursor: DeliveryCursor }
  | { readonly phase: 'closed' };

/** `caughtUp`: nothing is left to deliver. `fellBehind`: the live group dropped the viewer, at this cursor. */
export type ViewerInput =
  | { readonly type: 'caughtUp' }
  | { readonly type: 'fellBehind'; readonly cursor: DeliveryCursor }
  | { readonly type: 'closed' };

export type ViewerEffect =
  | { readonly type: 'catchUp'; readonly cursor: DeliveryCursor }
  | { readonly type: 'joinLiveGroup'; readonly drafts: DeliveredDrafts }
  | { readonly type: 'leaveLiveGroup' };

export type Transition = { readonly state: ViewerState; readonly effect: ViewerEffect | null };

/** A viewer that has all events up to `after`. */
export function joined(after: number): Transition {
  const cursor: DeliveryCursor = { seq: after, drafts: new Map(), statusVersion: 0 };
  return { state: { phase: 'catchingUp', cursor }, effect: { type: 'catchUp', cursor } };
}

/** The state after an input, and what to do then. An input that the state does not expect changes nothing. */
export function transition(state: ViewerState, input: ViewerInput): Transition {
  switch (input.type) {
    case 'caughtUp':
      return onCaughtUp(state);
    case 'fellBehind':
      return state.phase === 'live' ? fallBehind(input.cursor) : unchanged(state);
    case 'closed':
      return { state: { phase: 'closed' }, effect: state.phase === 'live' ? { type: 'leaveLiveGroup' } : null };
  }
}

function onCaughtUp(state: ViewerState): Transition {
  switch (state.phase) {
    case 'catchingUp':
    case 'behind':
      return { state: { phase: 'live' }, effect: { type: 'joinLiveGroup', drafts: state.cursor.drafts } };
    case 'live':
    case 'closed':
      return unchanged(state);
  }
}

const fallBehind = (cursor: DeliveryCursor): Transition => ({
  state: { phase: 'behind', cursor },
  effect: { type: 'catchUp', cursor },
});

const unchanged = (state: ViewerState): Transition => ({ state, effect: null });
