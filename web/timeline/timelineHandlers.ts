import type { ChatEvent, EventKind } from '../../domain/log/events.js';
import type { ToolCall } from '../data/resources.js';
import type { Exchange, Folding, Note, Task } from './timeline.js';

type EventOf<K extends EventKind> = Extract<ChatEvent, { kind: K }>;
type Handlers = { [K in EventKind]: (folding: Folding, event: EventOf<K>) => void };

const showsNothing = () => undefined;

/** What each kind of event shows in the transcript. */
export const handlers: Handlers = {
  user_turn(folding, { turnId, seq, at, data: { text, quote = null } }) {
    belong(folding, turnId, seq, () => ({ prose: { turnId: turnId ?? '', text, quote, at, seq } }));
  },
  user_turn_edit(folding, { turnId, seq, at, data: { text, userTurnSeq } }) {
    belong(folding, turnId, userTurnSeq, () => ({ prose: { turnId: turnId ?? '', text, quote: null, at, seq } }));
  },
  // Of what began before the events that are loaded, nothing is shown.
  assistant_turn_started(folding, { turnId, data: { userTurnSeq } }) {
    if (folding.exchanges.has(userTurnSeq)) belong(folding, turnId, userTurnSeq, () => ({}));
  },
  assistant_turn(folding, { turnId, seq, at, data }) {
    if (!folding.exchanges.has(data.userTurnSeq)) return;
    const beat = { ...data, turnId: turnId ?? '', seq, at };
    belong(folding, turnId, data.userTurnSeq, ({ beats }) => ({ beats: [...beats, beat] }));
  },
  turn_completed(folding, { turnId, seq, data }) {
    const end = { ...data, turnId: turnId ?? '', seq };
    change(folding, turnId, ({ ends }) => ({ ends: new Map(ends).set(end.turnId, end) }));
  },
  // The page reads the timeline anew for what else leaves with it; two versions at once are never shown.
  turn_superseded(folding, { turnId, data }) {
    change(folding, turnId, ({ beats }) => ({
      beats: beats.filter((beat) => beat.turnId !== data.turnId),
      hasVersions: true,
    }));
  },
  version_activated(folding, { turnId }) {
    change(folding, turnId, () => ({ hasVersions: true }));
  },
  changes_proposed(folding, { turnId, data }) {
    change(folding, turnId, ({ changeIds }) => ({ changeIds: [...(changeIds ?? []), ...data.changeIds] }));
  },
  subagent_task_start: task,
  subagent_tool_call_start: task,
  subagent_tool_call_end: task,
  subagent_task_end: task,
  system_message: (folding, event) => note(folding, event, 'system', event.data.text),
  scene_opened: (folding, event) => note(folding, event, 'scene', event.data.container),
  scene_closed: (folding, event) => note(folding, event, 'scene', 'The scene closes.'),
  story_event_planned(folding, { data: { eventId, title } }) {
    folding.titles.set(eventId, title);
  },
  story_event_started: (folding, event) => story(folding, event, 'begins'),
  story_event_completed: (folding, event) => story(folding, event, 'is complete'),
  story_event_cancelled: (folding, event) => story(folding, event, 'is called off'),
  object_acquired: (folding, event) => note(folding, event, 'object', event.data.name),
  chat_created: showsNothing,
  user_turn_parsed: showsNothing,
  // The calls of a reply are steps of its draft, and then of its event.
  tool_call_start: showsNothing,
  tool_call_end: showsNothing,
  memory_written: showsNothing,
  memory_scored: showsNothing,
  memory_pinned: showsNothing,
  memory_unpinned: showsNothing,
  edge_update: showsNothing,
  edge_summary: showsNothing,
  scene_summary: showsNothing,
  change_accepted: showsNothing,
  change_declined: showsNothing,
  change_stale: showsNothing,
  document_edited: showsNothing,
  citations: showsNothing,
  planning_artifact: showsNothing,
  reasoning: showsNothing,
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
  guest_cleared: showsNothing,
  chat_rewound: showsNothing,
  rewind_undone: showsNothing,
};

type Change = (exchange: Exchange) => Partial<Exchange>;

const newExchange = (seq: number): Exchange => ({
  type: 'exchange',
  seq,
  prose: null,
  beats: [],
  turnIds: [],
  ends: new Map(),
  tasks: new Map(),
  changeIds: null,
  notes: [],
  hasVersions: false,
});

/** Changes the exchange that a turn belongs to. False if that is not loaded. */
function change(folding: Folding, turnId: string | null, how: Change): boolean {
  const seq = turnId === null ? undefined : folding.seqOf.get(turnId);
  const exchange = seq === undefined ? undefined : folding.exchanges.get(seq);
  if (!exchange) return false;
  folding.exchanges.set(exchange.seq, { ...exchange, ...how(exchange) });
  return true;
}

/** Has a turn belong to the exchange of a user turn. */
function belong(folding: Folding, turnId: string | null, seq: number, how: Change): void {
  if (turnId === null) return;
  const exchange = folding.exchanges.get(seq) ?? newExchange(seq);
  const turnIds = exchange.turnIds.includes(turnId) ? exchange.turnIds : [...exchange.turnIds, turnId];
  folding.seqOf.set(turnId, seq);
  folding.exchanges.set(seq, { ...exchange, turnIds, ...how(exchange) });
}

/** Within its exchange if a turn led to it, else between them. */
function note(folding: Folding, { turnId, seq }: ChatEvent, kind: Note['kind'], text: string): void {
  const line: Note = { type: 'note', seq, kind, text };
  if (!change(folding, turnId, ({ notes }) => ({ notes: [...notes, line] }))) folding.notes.push(line);
}

type StoryEvent = EventOf<'story_event_started' | 'story_event_completed' | 'story_event_cancelled'>;

function story(folding: Folding, event: StoryEvent, what: string): void {
  note(folding, event, 'story', `${folding.titles.get(event.data.eventId) ?? 'A story event'} ${what}.`);
}

type CallData = { id: string; name: string; arguments?: unknown; result?: string; success?: boolean };

function withCall(calls: ReadonlyMap<string, ToolCall>, data: CallData): Map<string, ToolCall> {
  const known = calls.get(data.id) ?? { id: data.id, name: data.name, arguments: data.arguments };
  const { result, success } = data;
  return new Map(calls).set(data.id, {
    ...known,
    ...(result === undefined ? {} : { result }),
    ...(success === undefined ? {} : { success }),
  });
}

type TaskEvent = EventOf<
  'subagent_task_start' | 'subagent_tool_call_start' | 'subagent_tool_call_end' | 'subagent_task_end'
>;

function task(folding: Folding, event: TaskEvent): void {
  const { task: name } = event.data;
  change(folding, event.turnId, ({ tasks }) => {
    const known = tasks.get(name) ?? { name, status: 'running', modelId: '', calls: [] };
    return { tasks: new Map(tasks).set(name, { ...known, ...taskChange(known, event) }) };
  });
}

function taskChange(known: Task, event: TaskEvent): Partial<Task> {
  switch (event.kind) {
    case 'subagent_task_start':
      return { status: 'running', modelId: event.data.modelId };
    case 'subagent_task_end':
      return { status: event.data.status };
    case 'subagent_tool_call_start':
    case 'subagent_tool_call_end': {
      const calls = new Map(known.calls.map((call) => [call.id, call]));
      return { calls: [...withCall(calls, event.data).values()] };
    }
  }
}
