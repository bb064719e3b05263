import type { ClassifierEventKind } from '../classifiers/index.js';
import type { ChatEvent, EventKind } from '../log/events.js';
import type { ActivityEvent } from '../turns/activity.js';
import type { Note, StoryKind } from './notes.js';
import type { Folding, FoldingExchange } from './timeline.js';

type EventOf<K extends EventKind> = Extract<ChatEvent, { kind: K }>;
export type Handler<K extends EventKind> = (folding: Folding, event: EventOf<K>) => void;
/** An event of a classifier's own is a note, unless it has a row. */
type Handlers = { [K in Exclude<EventKind, ClassifierEventKind>]: Handler<K> } & {
  [K in ClassifierEventKind]?: Handler<K>;
};

export const showsNothing = () => undefined;

/** What each kind of event changes in the timeline that people see. */
const handlers: Handlers = {
  user_turn(folding, { turnId, seq, at, data: { text, quote = null, attachments = [], outputs = [] } }) {
    const exchange = join(folding, turnId, seq);
    if (exchange) exchange.prose = { turnId: turnId ?? '', text, quote, attachments, outputs, at, seq };
  },
  message_added: (folding, { seq, at, data }) => void folding.added.push({ type: 'added', seq, at, ...data }),
  user_turn_edit(folding, { turnId, seq, at, data: { text, userTurnSeq, attachments = [], outputs = [] } }) {
    const exchange = join(folding, turnId, userTurnSeq);
    if (exchange) exchange.prose = { turnId: turnId ?? '', text, quote: null, attachments, outputs, at, seq };
  },
  assistant_turn_started(folding, { turnId, seq, data: { userTurnSeq } }) {
    const exchange = join(folding, turnId, userTurnSeq);
    if (exchange) exchange.began ??= seq;
  },
  assistant_turn(folding, { turnId, seq, at, data }) {
    const { userTurnSeq, speakerId, text } = data;
    if (userTurnSeq === null) folding.greetings.push({ type: 'greeting', seq, at, speakerId, text });
    else join(folding, turnId, userTurnSeq)?.beats.push({ ...data, turnId: turnId ?? '', seq, at });
  },
  // The version by hand has no event before its text. What the edited version did is shown as its own.
  assistant_turn_edited(folding, { turnId, data }) {
    const exchange = find(folding, turnId);
    if (!exchange || turnId === null) return;
    const own = exchange.beats.filter((beat) => beat.turnId === turnId);
    exchange.beats = own.map((each) => (each.beat === data.beat ? { ...each, isEdited: true } : each));
    if (data.turnId === undefined) return;
    exchange.hasVersions = true;
    const end = exchange.ends.get(data.turnId);
    if (end) exchange.ends.set(turnId, { ...end, turnId });
    exchange.activity = exchange.activity.map((each) => (each.turnId === data.turnId ? { ...each, turnId } : each));
  },
  turn_completed(folding, { turnId, seq, data }) {
    if (turnId !== null) find(folding, turnId)?.ends.set(turnId, { ...data, turnId, seq });
  },
  // Two versions are never shown at once. What else the mark takes out of the timeline is read again.
  turn_superseded(folding, { turnId, data }) {
    const exchange = find(folding, turnId);
    if (!exchange) return;
    exchange.beats = exchange.beats.filter((beat) => beat.turnId !== data.turnId);
    exchange.hasVersions = true;
  },
  version_activated(folding, { turnId }) {
    const exchange = find(folding, turnId);
    if (exchange) exchange.hasVersions = true;
  },
  changes_proposed(folding, { turnId, data }) {
    const exchange = find(folding, turnId);
    if (!exchange) return;
    exchange.changeIds ??= [];
    exchange.changeIds.push(...data.changeIds);
  },
  tool_call_start: act,
  tool_call_end: act,
  subagent_task_start: act,
  subagent_tool_call_start: act,
  subagent_tool_call_end: act,
  subagent_task_end: act,
  citations: act,
  planning_artifact: act,
  reasoning: act,
  system_message: note,
  scene_opened: note,
  scene_closed: note,
  story_event_planned(folding, { data: { eventId, title } }) {
    folding.titles.set(eventId, title);
  },
  story_event_started: story,
  story_event_completed: story,
  story_event_cancelled: story,
  object_acquired: note,
  chat_created: showsNothing,
  chat_titled: showsNothing,
  user_turn_parsed: showsNothing,
  memory_written: showsNothing,
  memory_scored: showsNothing,
  memory_pinned: showsNothing,
  memory_unpinned: showsNothing,
  memory_edited: showsNothing,
  memory_removed: showsNothing,
  edge_update: showsNothing,
  edge_summary: showsNothing,
  scene_summary: showsNothing,
  change_accepted: showsNothing,
  change_declined: showsNothing,
  change_stale: showsNothing,
  document_edited: showsNothing,
  model_selected: showsNothing,
  strategy_meta: showsNothing,
  strategy_link: showsNothing,
  strategy_unlinked: showsNothing,
  graph_snapshot: showsNothing,
  graph_plan: showsNothing,
  graph_cleared: showsNothing,
  step_stuck: showsNothing,
  step_skipped: showsNothing,
  turn_rolled_back: showsNothing,
  chat_settings_changed: showsNothing,
  guest_cleared: showsNothing,
  chat_rewound: showsNothing,
  rewind_undone: showsNothing,
};

export const handlerOf = (kind: EventKind) => (handlers[kind] ?? note) as Handler<EventKind>;

const newExchange = (seq: number): FoldingExchange => ({
  type: 'exchange',
  seq,
  prose: null,
  beats: [],
  turnIds: [],
  ends: new Map(),
  activity: [],
  changeIds: null,
  notes: [],
  hasVersions: false,
  began: null,
});

/** The exchange that a turn belongs to; undefined when none of the turn's events that name it is folded. */
function find({ exchanges, seqOf }: Folding, turnId: string | null): FoldingExchange | undefined {
  const seq = turnId === null ? undefined : seqOf.get(turnId);
  return seq === undefined ? undefined : exchanges.get(seq);
}

/** Adds a turn to the exchange of a user turn. */
function join({ exchanges, seqOf }: Folding, turnId: string | null, seq: number): FoldingExchange | undefined {
  if (turnId === null) return undefined;
  const exchange = exchanges.get(seq) ?? newExchange(seq);
  exchanges.set(seq, exchange);
  seqOf.set(turnId, seq);
  if (!exchange.turnIds.includes(turnId)) exchange.turnIds.push(turnId);
  return exchange;
}

function act(folding: Folding, event: ActivityEvent): void {
  if (event.turnId === null) folding.loose.push(event);
  else find(folding, event.turnId)?.activity.push(event);
}

type NotedEvent = Omit<Note, 'type'> & { turnId: string | null };

/** Within the exchange of the turn that led to it, if that is shown; else between the exchanges. */
function note(folding: Folding, { kind, turnId, seq, at, data }: NotedEvent): void {
  const exchange = find(folding, turnId);
  (exchange?.prose ? exchange : folding).notes.push({ type: 'note', seq, at, kind, data } as Note);
}

function story(folding: Folding, event: EventOf<StoryKind>): void {
  const title = folding.titles.get(event.data.eventId) ?? '';
  note(folding, { ...event, data: { ...event.data, title } });
}
