import type { ChatEvent, EventKind } from '../../domain/log/events.js';
import type { Tx } from '../core/pool.js';
import { changes } from './changes.js';
import { graph, messageCount } from './chatProjection.js';
import { edges } from './edges.js';
import type { Moved, Projection, ProjectionsOf } from './handler.js';
import { memories } from './memories.js';
import { scenes } from './scenes.js';
import { settings } from './settings.js';
import { objects, storyEvents } from './story.js';
import { emptySummary, summary } from './summary.js';

/** What each kind of event changes. Appending events, rebuilding a chat and refolding a part of it run the same folds. */
const projectionsOf: ProjectionsOf = {
  chat_created: [emptySummary],
  user_turn: [summary, messageCount],
  user_turn_edit: [summary, messageCount],
  assistant_turn_started: [],
  assistant_turn: [summary, messageCount],
  assistant_turn_edited: [],
  memory_written: [memories],
  memory_scored: [memories],
  memory_pinned: [memories],
  memory_unpinned: [memories],
  memory_edited: [memories],
  memory_removed: [memories],
  edge_update: [edges],
  edge_summary: [edges],
  scene_opened: [scenes],
  scene_closed: [scenes],
  scene_summary: [scenes],
  story_event_planned: [storyEvents],
  story_event_started: [storyEvents],
  story_event_completed: [storyEvents],
  story_event_cancelled: [storyEvents],
  object_acquired: [objects],
  changes_proposed: [changes],
  change_accepted: [changes],
  change_declined: [changes],
  change_stale: [changes],
  document_edited: [],
  system_message: [],
  message_added: [],
  tool_call_start: [],
  tool_call_end: [],
  subagent_task_start: [],
  subagent_tool_call_start: [],
  subagent_tool_call_end: [],
  subagent_task_end: [],
  citations: [],
  planning_artifact: [],
  reasoning: [],
  model_selected: [graph],
  strategy_meta: [graph],
  strategy_link: [graph],
  graph_snapshot: [graph],
  graph_plan: [graph],
  graph_cleared: [graph],
  strategy_unlinked: [graph],
  step_stuck: [],
  step_skipped: [],
  turn_rolled_back: [],
  turn_superseded: [],
  version_activated: [],
  chat_settings_changed: [settings],
  guest_cleared: [],
  chat_rewound: [],
  rewind_undone: [],
  turn_completed: [],
};

/** The kinds that change a projection. */
export const projectedKinds = (Object.keys(projectionsOf) as EventKind[]).filter(
  (kind) => (projectionsOf[kind] ?? []).length > 0,
);

const isCounted = (projection: Projection) => projection.count !== undefined;

/** The kinds whose events a rebuild reads: those of the others are only counted. */
export const foldedKinds = projectedKinds.filter((kind) => !(projectionsOf[kind] ?? []).every(isCounted));

/** `emptySummary` and `messageCount` come first: they make the rows that others change. */
const inOrder: readonly Projection[] = [
  emptySummary,
  summary,
  messageCount,
  graph,
  settings,
  scenes,
  edges,
  memories,
  storyEvents,
  objects,
  changes,
];

const partsOf = <E extends { kind: EventKind }>(events: E[]): [Projection, E[]][] =>
  inOrder
    .map((each): [Projection, E[]] => [each, events.filter(({ kind }) => projectionsOf[kind]?.includes(each))])
    .filter(([, own]) => own.length > 0);

/** Applies events to the projections, in the transaction of their append. Their first statements are sent at once. */
export async function project(tx: Tx, chatId: string, events: ChatEvent[]): Promise<void> {
  await Promise.all(partsOf(events).map(([projection, own]) => projection.project(tx, chatId, own)));
}

/** For a rebuild, once the rows are deleted: makes those of the projections that count events. */
export async function countEvents(tx: Tx, chatId: string): Promise<void> {
  for (const projection of inOrder) await projection.count?.(tx, chatId);
}

/** Brings the projections up to date after events entered or left the timeline. Costs what these events changed. */
export async function refold(tx: Tx, chatId: string, moved: Moved[], upTo?: number): Promise<void> {
  for (const [projection, own] of partsOf(moved)) await projection.refold(tx, chatId, own, upTo);
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
