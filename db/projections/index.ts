import type { ChatEvent } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { acceptChange, declineChange, markChangeStale, proposeChanges } from './changes.js';
import { changeProjection, countProjectedMessage } from './chatProjection.js';
import { summarizeEdge, updateEdge } from './edges.js';
import type { Handlers } from './handler.js';
import { pinMemory, scoreMemory, unpinMemory, writeMemory } from './memories.js';
import { closeScene, openScene, summarizeScene } from './scenes.js';
import { acquireObject, cancelStoryEvent, completeStoryEvent, planStoryEvent, startStoryEvent } from './story.js';
import { beginSummary, countSummarizedMessage } from './summary.js';

const changesNothing = async () => {};

/** Counts a message in `chat_summaries` and in `chat_projections`, which have different readers. */
const addMessage = (tx: Tx, chatId: string, event: { seq: number; at: string }) =>
  Promise.all([countSummarizedMessage(tx, chatId, event), countProjectedMessage(tx, chatId, event)]);

/**
 * What each kind of event changes in the projections. Appending an event and rebuilding a chat run the same handlers.
 * Kinds without a projection have `changesNothing`.
 */
const handlers: Handlers = {
  chat_created: beginSummary,
  user_turn: addMessage,
  user_turn_parsed: changesNothing,
  user_turn_edit: addMessage,
  assistant_turn_started: changesNothing,
  assistant_turn: addMessage,
  memory_written: writeMemory,
  memory_scored: scoreMemory,
  memory_pinned: pinMemory,
  memory_unpinned: unpinMemory,
  edge_update: updateEdge,
  edge_summary: summarizeEdge,
  scene_opened: openScene,
  scene_closed: closeScene,
  scene_summary: summarizeScene,
  story_event_planned: planStoryEvent,
  story_event_started: startStoryEvent,
  story_event_completed: completeStoryEvent,
  story_event_cancelled: cancelStoryEvent,
  object_acquired: acquireObject,
  changes_proposed: proposeChanges,
  change_accepted: acceptChange,
  change_declined: declineChange,
  change_stale: markChangeStale,
  document_edited: changesNothing,
  system_message: changesNothing,
  tool_call_start: changesNothing,
  tool_call_end: changesNothing,
  subagent_task_start: changesNothing,
  subagent_tool_call_start: changesNothing,
  subagent_tool_call_end: changesNothing,
  subagent_task_end: changesNothing,
  citations: changesNothing,
  planning_artifact: changesNothing,
  reasoning: changesNothing,
  model_selected: changeProjection,
  strategy_meta: changeProjection,
  strategy_link: changeProjection,
  graph_snapshot: changeProjection,
  graph_plan: changeProjection,
  graph_cleared: changeProjection,
  strategy_unlinked: changeProjection,
  step_stuck: changesNothing,
  step_skipped: changesNothing,
  turn_rolled_back: changesNothing,
  turn_superseded: changesNothing,
  version_activated: changesNothing,
  guest_cleared: changesNothing,
  chat_rewound: changesNothing,
  rewind_undone: changesNothing,
  turn_completed: changesNothing,
};

/** Applies an event to the projections, in the transaction of its append. */
export async function project(tx: Tx, chatId: string, event: ChatEvent): Promise<void> {
  const handle = handlers[event.kind] as (tx: Tx, chatId: string, event: ChatEvent) => Promise<unknown>;
  await handle(tx, chatId, event);
}

/** The tables of all projections, each with the columns that order its rows, for rebuilds and comparisons. */
export const projectionTables: { table: string; key: string }[] = [
  { table: 'scenes', key: 'id' },
  { table: 'edges', key: 'source_id, target_id' },
  { table: 'memories', key: 'id' },
  { table: 'story_events', key: 'id' },
  { table: 'objects', key: 'seq' },
  { table: 'changes', key: 'id' },
  { table: 'chat_projections', key: 'chat_id' },
  { table: 'chat_summaries', key: 'chat_id' },
];
