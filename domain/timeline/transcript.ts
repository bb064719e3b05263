import type { ChatEvent } from '../log/events.js';
import { addActivity, newActivity, showActivity } from '../turns/activity.js';
import { activityOf, type Exchange, type Gathered, gather, NEVER } from './exchanges.js';
import type { Message } from './message.js';

/** The messages of one anchor: a user turn, or a system message. `seq` is the anchor's. */
export type MessageGroup = { seq: number; messages: Message[] };

/**
 * The chat's messages, folded from the events of its timeline. They are grouped by user turn, in the order in
 * which the user spoke: a turn that was queued while a reply streamed comes after that reply. A system message
 * comes after the user turn before it and that one's replies. The api folds by parts, with `foldPart`; all parts together
 * equal this.
 */
export function foldTranscript(events: Iterable<ChatEvent>): Message[] {
  const gathered = gather(events);
  attachLoose(gathered, inOrder(gathered));
  return toGroups(gathered).flatMap(({ messages }) => messages);
}

/**
 * The messages of a part of the timeline: all events of some user turns, and system messages. `ownerOf` maps the seq of
 * what clients appended to its user turn, which a part does not show.
 */
export function foldPart(events: Iterable<ChatEvent>, ownerOf: ReadonlyMap<number, number>): MessageGroup[] {
  const gathered = gather(events);
  for (const event of gathered.loose) {
    const reply = gathered.exchanges.get(ownerOf.get(event.seq) ?? NEVER)?.replies.at(-1);
    if (reply) addActivity(activityOf(gathered, reply.turnId), event);
  }
  return toGroups(gathered);
}

const inOrder = ({ exchanges }: Gathered) => [...exchanges.values()].sort((a, b) => a.userTurnSeq - b.userTurnSeq);

function toGroups(gathered: Gathered): MessageGroup[] {
  const groups = [
    ...gathered.notes.map(({ seq, message }) => ({ seq, messages: [message] })),
    ...inOrder(gathered).map((exchange) => ({ seq: exchange.userTurnSeq, messages: toMessages(exchange, gathered) })),
  ];
  return groups.sort((a, b) => a.seq - b.seq);
}

const lastOf = ({ replies, prose }: Exchange) => replies.at(-1) ?? prose;

/**
 * What clients append while a turn runs belongs to that turn's reply; else to the active reply to the last user turn
 * before it. It is not shown while there is no such reply.
 */
function attachLoose(gathered: Gathered, exchanges: Exchange[]): void {
  const endOf = (exchange: Exchange) => gathered.ends.get(lastOf(exchange)?.turnId ?? '')?.seq ?? NEVER;
  // A turn that ended without a reply has no message to belong to.
  const said = exchanges.filter((exchange) => exchange.replies.length > 0 || endOf(exchange) === NEVER);
  const begun = said.filter(({ began }) => began < NEVER).sort((a, b) => a.began - b.began);
  for (const event of gathered.loose) {
    const newest = lastBefore(begun, ({ began }) => began, event.seq);
    const runs = newest && event.seq < endOf(newest);
    const exchange = runs ? newest : lastBefore(said, ({ userTurnSeq }) => userTurnSeq, event.seq);
    const reply = exchange?.replies.at(-1);
    if (reply) addActivity(activityOf(gathered, reply.turnId), event);
  }
}

/** The last of sorted items whose seq is less than `seq`. */
function lastBefore<T>(sorted: T[], seqOf: (item: T) => number, seq: number): T | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seqOf(sorted[middle]!) < seq) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

/**
 * `tokenUsage` is that of the turn that replied, and is part of its user message and its last assistant message. The
 * turn's activity is part of its last assistant message.
 */
function toMessages(exchange: Exchange, { ends, activities }: Gathered): Message[] {
  const { prose, replies } = exchange;
  const last = lastOf(exchange);
  const end = last && ends.get(last.turnId);
  const usage = end?.usage ? { tokenUsage: end.usage } : {};
  const spoken = [...(prose ? [prose] : []), ...replies];
  return spoken.map((each) => {
    const isLast = each === last;
    const activity = isLast && each !== prose ? (activities.get(each.turnId) ?? newActivity()) : null;
    return {
      ...each.message,
      ...(activity ? showActivity(activity, each.steps, end !== undefined) : {}),
      ...(isLast || each === prose ? usage : {}),
    };
  });
}
