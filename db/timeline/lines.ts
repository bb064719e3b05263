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

/**
 * Whether an event belongs to a line or to what is before it. A turn that was queued begins in the log before the reply to
 * the line has landed. Messages and settings that no turn made belong to the turn that follows them.
 */
export const belongsUpTo = (event: string, line: string): string =>
  `case when ${event}.turn_id is not null
     then exists (select from turns own where own.id = ${event}.turn_id and own.user_turn_seq <= ${line})
     else ${event}.seq <= ${line} or (${event}.kind not in ('message_added', 'chat_settings_changed')
       and ${event}.seq < coalesce((select min(later.user_turn_seq) from turns later
         where later.chat_id = ${event}.chat_id and later.user_turn_seq > ${line}), ${event}.seq + 1)) end`;
