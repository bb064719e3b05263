import type { AgentStep, ChatEvent, EventData, EventKind } from '../log/events.js';
import { type Activity, type ActivityEvent, activityKinds, addActivity, newActivity } from '../turns/activity.js';
import type { TokenUsage } from '../turns/turn.js';
import { type Message, toMessage } from './message.js';

type Spoken = { turnId: string; message: Message; steps?: AgentStep[] | undefined };

/** The seq of an event that is not in the log. */
export const NEVER = Number.POSITIVE_INFINITY;

/** One user turn and its replies. The turns of a reply's versions share it. `began`: the seq at which its reply began. */
export type Exchange = { userTurnSeq: number; prose: Spoken | null; replies: Spoken[]; began: number };

/** The kinds of events that make the messages of a user turn. What clients append belongs to no turn: `looseKinds`. */
export const spokenKinds = [
  'user_turn',
  'user_turn_edit',
  'assistant_turn_started',
  'assistant_turn',
  'turn_completed',
  ...activityKinds,
] as const satisfies EventKind[];

export const looseKinds = ['citations', 'planning_artifact', 'reasoning'] as const satisfies EventKind[];

/** What a transcript is made of. */
export type Gathered = {
  exchanges: Map<number, Exchange>;
  /** By turn, where and with which usage it ended. */
  ends: Map<string, { seq: number; usage: TokenUsage | null }>;
  /** By turn. */
  activities: Map<string, Activity>;
  /** Activity of no turn: what clients appended. */
  loose: ActivityEvent[];
  notes: { seq: number; message: Message }[];
};

export function gather(events: Iterable<ChatEvent>): Gathered {
  const gathered: Gathered = { exchanges: new Map(), ends: new Map(), activities: new Map(), loose: [], notes: [] };
  for (const event of events) {
    if (event.hiddenBy === null && event.supersededBy === null) addEvent(gathered, event);
  }
  return gathered;
}

function addEvent(gathered: Gathered, event: ChatEvent): void {
  switch (event.kind) {
    case 'user_turn':
      addProse(gathered, event, event.seq, event.data.text);
      return;
    case 'user_turn_edit':
      addProse(gathered, event, event.data.userTurnSeq, event.data.text);
      return;
    case 'assistant_turn_started': {
      const exchange = exchangeOf(gathered, event.data.userTurnSeq);
      exchange.began = Math.min(exchange.began, event.seq);
      return;
    }
    case 'assistant_turn':
      addReply(gathered, event, event.data);
      return;
    case 'turn_completed':
      if (event.turnId !== null) gathered.ends.set(event.turnId, { seq: event.seq, usage: event.data.tokenUsage });
      return;
    case 'system_message': {
      const { seq, at } = event;
      gathered.notes.push({ seq, message: toMessage('system', event.data.text, `system:${seq}`, at) });
      return;
    }
    case 'tool_call_start':
    case 'tool_call_end':
    case 'subagent_task_start':
    case 'subagent_tool_call_start':
    case 'subagent_tool_call_end':
    case 'subagent_task_end':
    case 'citations':
    case 'planning_artifact':
    case 'reasoning':
      if (event.turnId === null) gathered.loose.push(event);
      else addActivity(activityOf(gathered, event.turnId), event);
      return;
    case 'chat_created':
    case 'user_turn_parsed':
    case 'memory_written':
    case 'memory_scored':
    case 'memory_pinned':
    case 'memory_unpinned':
    case 'edge_update':
    case 'edge_summary':
    case 'scene_opened':
    case 'scene_closed':
    case 'scene_summary':
    case 'story_event_planned':
    case 'story_event_started':
    case 'story_event_completed':
    case 'story_event_cancelled':
    case 'object_acquired':
    case 'changes_proposed':
    case 'change_accepted':
    case 'change_declined':
    case 'change_stale':
    case 'document_edited':
    case 'model_selected':
    case 'strategy_meta':
    case 'strategy_link':
    case 'graph_snapshot':
    case 'graph_plan':
    case 'graph_cleared':
    case 'strategy_unlinked':
    case 'step_stuck':
    case 'step_skipped':
    case 'turn_rolled_back':
    case 'turn_superseded':
    case 'version_activated':
    case 'guest_cleared':
    case 'chat_rewound':
    case 'rewind_undone':
      return;
  }
}

function exchangeOf({ exchanges }: Gathered, userTurnSeq: number): Exchange {
  const exchange = exchanges.get(userTurnSeq) ?? {
    userTurnSeq,
    prose: null,
    replies: [],
    began: NEVER,
  };
  exchanges.set(userTurnSeq, exchange);
  return exchange;
}

export function activityOf({ activities }: Gathered, turnId: string): Activity {
  const activity = activities.get(turnId) ?? newActivity();
  activities.set(turnId, activity);
  return activity;
}

function addProse(gathered: Gathered, { turnId, at }: ChatEvent, userTurnSeq: number, text: string): void {
  if (turnId === null) return;
  exchangeOf(gathered, userTurnSeq).prose = { turnId, message: toMessage('user', text, `${turnId}:user`, at) };
}

function addReply(gathered: Gathered, { turnId, at }: ChatEvent, reply: EventData<'assistant_turn'>): void {
  if (turnId === null) return;
  const { speakerId, truncated, model: modelId, steps } = reply;
  const message = toMessage('assistant', reply.text, `${turnId}:${reply.beat}`, at);
  exchangeOf(gathered, reply.userTurnSeq).replies.push({
    turnId,
    steps,
    message: { ...message, speakerId, truncated, modelId },
  });
}
