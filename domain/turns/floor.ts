import type { StopMark } from './turn.js';

/**
 * The state of a chat for the rules of commands, read under the chat's lock. `seq` is that of the newest event,
 * `logBytes` the size of the log (null if it was never counted), `activeTurnId` the turn that holds the floor.
 */
export type LockedChat = { seq: number; logBytes: number | null; activeTurnId: string | null };

/** How many turns wait for the floor, and the stop mark of the turn that holds it. */
export type Floor = { queued: number; holderStop: StopMark | null };

/** Whether a turn holds the floor or waits for it. If so, commands must not change the timeline. */
export const isFloorTaken = ({ activeTurnId }: LockedChat, { queued }: Pick<Floor, 'queued'>): boolean =>
  activeTurnId !== null || queued > 0;
