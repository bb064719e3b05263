import { shownArguments } from '../agents/toolArguments.js';
import type { ChatEvent } from '../log/events.js';
import { type ActivityEvent, foldActivity, showActivity } from '../turns/activity.js';
import { type Message, toMessage } from './message.js';
import {
  type AddedMessage,
  type Beat,
  type Exchange,
  foldTimeline,
  type Greeting,
  type Prose,
  type Timeline,
} from './timeline.js';

/** The messages of one anchor: a greeting, a user turn, or a system message. `seq` is the anchor's. */
export type MessageGroup = { seq: number; messages: Message[] };

/**
 * The chat's messages, folded from the events of its timeline. They are grouped by user turn, in the order in
 * which the user spoke: a turn that was queued while a reply streamed comes after that reply. A system message
 * comes after the user turn before it and that one's replies. The api folds by parts, with `foldPart`; all parts together
 * equal this.
 */
export function foldTranscript(events: Iterable<ChatEvent>): Message[] {
  const timeline = foldTimeline(events);
  return toGroups(timeline, attachLoose(timeline)).flatMap(({ messages }) => messages);
}

/**
 * The messages of a part of the timeline: all events of some user turns, greetings and system messages. `ownerOf` maps the seq of
 * what clients appended to its user turn, which a part does not show.
 */
export function foldPart(events: Iterable<ChatEvent>, ownerOf: ReadonlyMap<number, number>): MessageGroup[] {
  const timeline = foldTimeline(events);
  const attached: Attached = new Map();
  for (const event of timeline.loose) {
    const owner = ownerOf.get(event.seq);
    attach(attached, owner === undefined ? undefined : timeline.exchanges.get(owner), event);
  }
  return toGroups(timeline, attached);
}

/** By exchange, what clients appended to the reply. */
type Attached = Map<Exchange, ActivityEvent[]>;

function attach(attached: Attached, exchange: Exchange | undefined, event: ActivityEvent): void {
  if (!exchange || exchange.beats.length === 0) return;
  const events = attached.get(exchange) ?? [];
  attached.set(exchange, events);
  events.push(event);
}

const inOrder = ({ exchanges }: Timeline) => [...exchanges.values()].sort((a, b) => a.seq - b.seq);

function toGroups(timeline: Timeline, attached: Attached): MessageGroup[] {
  const exchanges = inOrder(timeline);
  const notes = [timeline, ...exchanges].flatMap((each) => each.notes.filter((note) => note.kind === 'system_message'));
  const groups = [
    ...timeline.greetings.map((greeting) => ({ seq: greeting.seq, messages: [ofGreeting(greeting)] })),
    ...timeline.added.map((added) => ({ seq: added.seq, messages: [ofAdded(added)] })),
    ...notes.map(({ seq, at, data }) => ({ seq, messages: [toMessage('system', data.text, `system:${seq}`, at)] })),
    ...exchanges.map((each) => ({ seq: each.seq, messages: toMessages(each, attached.get(each) ?? []) })),
  ];
  return groups.sort((a, b) => a.seq - b.seq);
}

/** The seq of an event that is not in the log. */
const NEVER = Number.POSITIVE_INFINITY;

const lastOf = ({ beats, prose }: Exchange): Beat | Prose | null => beats.at(-1) ?? prose;
const endOf = (exchange: Exchange): number => exchange.ends.get(lastOf(exchange)?.turnId ?? '')?.seq ?? NEVER;

/**
 * What clients append while a turn runs belongs to that turn's reply; else to the active reply to the last user turn
 * before it. It is not shown while there is no such reply.
 */
function attachLoose(timeline: Timeline): Attached {
  // A turn that ended without a reply has no message to belong to.
  const said = inOrder(timeline).filter((each) => each.beats.length > 0 || endOf(each) === NEVER);
  const begun = said.flatMap((each) => (each.began === null ? [] : [{ seq: each.began, exchange: each }]));
  begun.sort((a, b) => a.seq - b.seq);
  const attached: Attached = new Map();
  for (const event of timeline.loose) {
    const newest = lastBefore(begun, event.seq)?.exchange;
    const runs = newest && event.seq < endOf(newest);
    attach(attached, runs ? newest : lastBefore(said, event.seq), event);
  }
  return attached;
}

/** The last of sorted items whose seq is less than `seq`. */
function lastBefore<T extends { seq: number }>(sorted: T[], seq: number): T | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

/**
 * `tokenUsage` is that of the turn that replied, and is part of its user message and its last assistant message. The
 * turn's activity is part of its last assistant message.
 */
function toMessages(exchange: Exchange, appended: ActivityEvent[]): Message[] {
  const { prose, beats, ends, activity } = exchange;
  const last = lastOf(exchange);
  const end = last ? ends.get(last.turnId) : undefined;
  const usage = end?.tokenUsage ? { tokenUsage: end.tokenUsage } : {};
  const replies = beats.map((beat) => {
    if (beat !== last) return ofBeat(beat);
    const own = activity.filter(({ turnId }) => turnId === beat.turnId);
    const shown = showActivity(foldActivity([...own, ...appended]), beat.steps, end !== undefined);
    return { ...ofBeat(beat), ...shown, ...usage };
  });
  return [...(prose ? [{ ...ofProse(prose), ...usage }] : []), ...replies];
}

const ofGreeting = ({ seq, text, at, speakerId }: Greeting): Message => ({
  ...toMessage('assistant', text, `greeting:${seq}`, at),
  speakerId,
  truncated: false,
});

function ofAdded({ seq, at, role, text, calls = [] }: AddedMessage): Message {
  const message = toMessage(role, text, `message:${seq}`, at);
  if (calls.length === 0) return message;
  const toolCalls = calls.map(({ arguments: sent, result, ...call }) => ({
    ...call,
    arguments: shownArguments(sent),
    ...(result === undefined ? {} : { result, success: true }),
  }));
  return { ...message, toolCalls };
}

/** `toolCalls`: the outputs that came with it, whose calls are in earlier messages. */
const ofProse = ({ turnId, text, at, attachments, outputs }: Prose): Message => ({
  ...toMessage('user', text, `${turnId}:user`, at),
  ...(outputs.length > 0 ? { toolCalls: outputs.map((output) => ({ ...output, arguments: null })) } : {}),
  ...(attachments.length > 0 ? { attachments: [...attachments] } : {}),
});

function ofBeat({ turnId, beat, text, at, speakerId, truncated, model: modelId }: Beat): Message {
  return { ...toMessage('assistant', text, `${turnId}:${beat}`, at), speakerId, truncated, modelId };
}
