import { inTimeline } from './subjects.js';

/** Whether an event is a line of the timeline: what the user or a speaker said, here or before the chat began. */
export const isLine = (event: string): string =>
  `${event}.kind in ('user_turn', 'user_turn_edit', 'assistant_turn', 'message_added') and ${inTimeline(event)}`;

/**
 * The seq of the user turn that a line belongs to. A turn that was queued while a reply streamed comes after that
 * reply, so that lines are in this order and not in that of the log. The index `events_lines` has the same expression.
 */
export const lineOf = (event: string): string => `coalesce((${event}.data->>'userTurnSeq')::integer, ${event}.seq)`;

/** The order in which `events_lines` is read backwards. */
export const lastLinesFirst = (event: string): string =>
  `${lineOf(event)} desc, (${event}.kind = 'assistant_turn') desc, ${event}.seq desc`;
