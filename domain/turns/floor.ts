import type { StopMark } from './turn.js';

/**
 * What the rules of commands need of a chat, read under its lock. `seq` is that of its newest event, `logBytes` the size
 * of its log (null where it was never counted), `activeTurnId` the turn that holds the floor.
 */
export type LockedChat = { seq: number; logBytes: number | null; activeTurnId: string | null };

/** How many turns wait for the floor, and the stop mark of the turn that holds it. */
export type Floor = { queued: number; holderStop: StopMark | null };

/** While a turn holds the floor or waits for it, the timeline may not be changed. */
export const isFloorTaken = ({ activeTurnId }: LockedChat, { queued }: Pick<Floor, 'queued'>): boolean =>
  activeTurnId !== null || queued > 0;
