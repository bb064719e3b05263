import type { Attachment } from '../attachments/attachment.js';
import type { ChatEvent, EventData } from '../log/events.js';
import type { ActivityEvent } from '../turns/activity.js';
import type { Note } from './notes.js';
import { type Handler, handlerOf, showsNothing } from './timelineHandlers.js';

/** What the user said. An edit takes the place of the first prose. */
export type Prose = {
  turnId: string;
  text: string;
  quote: string | null;
  attachments: readonly Attachment[];
  /** What functions of the client gave, by their calls in earlier replies. */
  outputs: readonly EventData<'tool_call_end'>[];
  at: string;
  seq: number;
};

/** A reply that has landed. `isEdited`: a person wrote its text. */
export type Beat = EventData<'assistant_turn'> & { turnId: string; seq: number; at: string; isEdited?: true };

export type End = EventData<'turn_completed'> & { turnId: string; seq: number };

/** The first message of a chat, by a character. It answers no turn, and nothing regenerates it. `at` is ISO 8601 UTC. */
export type Greeting = { type: 'greeting'; seq: number; at: string; speakerId: string; text: string };

/** A message of a conversation that began elsewhere. It belongs to no turn. `at` is ISO 8601 UTC. */
export type AddedMessage = EventData<'message_added'> & { type: 'added'; seq: number; at: string };

/** Whether a message of the user is nothing but the outputs of functions that the client ran. */
export const isOutputsAlone = ({ text, outputs }: Prose): boolean => text === '' && outputs.length > 0;

/** One user turn and its replies. The turns of a reply's versions share it. */
export type Exchange = {
  readonly type: 'exchange';
  /** seq of the user turn. */
  readonly seq: number;
  /** Null while only later events of it are folded. */
  readonly prose: Prose | null;
  readonly beats: readonly Beat[];
  /** Its turns, in the order of their first events: while a regeneration runs there are two. */
  readonly turnIds: readonly string[];
  /** By turn. */
  readonly ends: ReadonlyMap<string, End>;
  /** What its turns did besides their text. */
  readonly activity: readonly ActivityEvent[];
  /** The changes that its reply proposed, in the order of their source. */
  readonly changeIds: readonly string[] | null;
  readonly notes: readonly Note[];
  readonly hasVersions: boolean;
  /** The seq at which its first reply began, null before. */
  readonly began: number | null;
};

/** The fold of a chat's events, oldest first: the transcript and the page are views of it. */
export type Timeline = {
  readonly exchanges: ReadonlyMap<number, Exchange>;
  /** By turn, the seq of its exchange. */
  readonly seqOf: ReadonlyMap<string, number>;
  readonly greetings: readonly Greeting[];
  readonly added: readonly AddedMessage[];
  /** Notes of no exchange. */
  readonly notes: readonly Note[];
  /** Activity of no turn: what clients appended. */
  readonly loose: readonly ActivityEvent[];
  /** Of story events. */
  readonly titles: ReadonlyMap<string, string>;
};

/** A timeline that is being folded: handlers change it in place. */
export type Folding = {
  exchanges: Map<number, FoldingExchange>;
  seqOf: Map<string, number>;
  greetings: Greeting[];
  added: AddedMessage[];
  notes: Note[];
  loose: ActivityEvent[];
  titles: Map<string, string>;
};

export type FoldingExchange = {
  type: 'exchange';
  seq: number;
  prose: Prose | null;
  beats: Beat[];
  turnIds: string[];
  ends: Map<string, End>;
  activity: ActivityEvent[];
  changeIds: string[] | null;
  notes: Note[];
  hasVersions: boolean;
  began: number | null;
};

export const emptyTimeline: Timeline = newFolding();

/** Folds events that are neither hidden nor superseded; the others are skipped. */
export function foldTimeline(events: Iterable<ChatEvent>): Timeline {
  const folding = newFolding();
  for (const event of events) apply(folding, event);
  return folding;
}

/** The timeline after one more event. The exchange that the event changes is another object; all others are the same. */
export function evolveTimeline(timeline: Timeline, event: ChatEvent): Timeline {
  if (handlerOf(event.kind) === showsNothing) return timeline;
  const folding: Folding = {
    // Handlers change only the exchange that is copied below.
    exchanges: new Map(timeline.exchanges as ReadonlyMap<number, FoldingExchange>),
    seqOf: new Map(timeline.seqOf),
    greetings: [...timeline.greetings],
    added: [...timeline.added],
    notes: [...timeline.notes],
    loose: [...timeline.loose],
    titles: new Map(timeline.titles),
  };
  const exchange = timeline.exchanges.get(exchangeOf(timeline, event));
  if (exchange) folding.exchanges.set(exchange.seq, copyOf(exchange));
  apply(folding, event);
  return folding;
}

function newFolding(): Folding {
  return { exchanges: new Map(), seqOf: new Map(), greetings: [], added: [], notes: [], loose: [], titles: new Map() };
}

const copyOf = (exchange: Exchange): FoldingExchange => ({
  ...exchange,
  beats: [...exchange.beats],
  turnIds: [...exchange.turnIds],
  ends: new Map(exchange.ends),
  activity: [...exchange.activity],
  changeIds: exchange.changeIds && [...exchange.changeIds],
  notes: [...exchange.notes],
});

const NONE = 0;

/** The seq of the exchange that an event may change. */
function exchangeOf({ seqOf }: Timeline, { kind, seq, turnId, data }: ChatEvent): number {
  if (kind === 'user_turn') return seq;
  if ('userTurnSeq' in data && data.userTurnSeq !== null) return data.userTurnSeq;
  return seqOf.get(turnId ?? '') ?? NONE;
}

function apply(folding: Folding, event: ChatEvent): void {
  if (event.hiddenBy !== null || event.supersededBy !== null) return;
  const handle = handlerOf(event.kind) as Handler<ChatEvent['kind']>;
  handle(folding, event);
}
