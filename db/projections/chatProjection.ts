import type { ChatEvent } from '../../domain/log/events.js';
import {
  emptyProjection,
  type ProjectionEvent,
  type ProjectionHead,
  type ProjectionState,
  projectionChange,
} from '../../domain/timeline/chatProjection.js';
import { graphKinds } from '../../domain/timeline/graphKinds.js';
import type { Db, Tx } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { type EventRow, toChatEvent } from '../timeline/log.js';
import { projectionHead } from '../timeline/readProjection.js';
import { inTimeline, listOf } from '../timeline/subjects.js';
import type { Projection } from './handler.js';
import { countMessages, readLastMessage } from './lastMessage.js';
import { readSnapshot, SNAPSHOT_DISTANCE, type Snapshot, writeSnapshots } from './snapshots.js';
import { countMoved } from './summary.js';

async function readHead(db: Db, chatId: string): Promise<ProjectionHead> {
  const { rows } = await db.query<ProjectionHead>(
    `select ${projectionHead} from chat_projections p where p.chat_id = $1`,
    [chatId],
  );
  const { steps: _, plan: __, ...empty } = emptyProjection;
  return rows[0] ?? empty;
}

/** Counts messages in one statement, because every turn begins with one. */
const addMessages = `insert into chat_projections as p (chat_id, message_count, last_event_seq) values ($1, $2, $3)
  on conflict (chat_id) do update set message_count = p.message_count + $2`;

const writeHead = (tx: Tx, chatId: string, head: ProjectionHead) =>
  tx.query(
    `insert into chat_projections as p (chat_id, name, record_type, model_id, message_count, root_step_id, strategy_id,
                                        is_saved, last_event_seq)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (chat_id) do update
       set (name, record_type, model_id, message_count, root_step_id, strategy_id, is_saved, last_event_seq) =
         (excluded.name, excluded.record_type, excluded.model_id, excluded.message_count, excluded.root_step_id,
          excluded.strategy_id, excluded.is_saved, excluded.last_event_seq)`,
    [
      chatId,
      head.name,
      head.recordType,
      head.modelId,
      head.messageCount,
      head.rootStepId,
      head.strategyId,
      head.isSaved,
      head.lastEventSeq,
    ],
  );

/** The graph is large, so only a change of it is stored. */
async function write(tx: Tx, chatId: string, head: ProjectionHead, graph: Partial<ProjectionState>): Promise<void> {
  await writeHead(tx, chatId, head);
  if (graph.plan === undefined) return;
  await tx.query('update chat_projections set plan = $2, steps = coalesce($3, steps) where chat_id = $1', [
    chatId,
    graph.plan && JSON.stringify(graph.plan),
    graph.steps ? JSON.stringify(graph.steps) : null,
  ]);
}

/** The part of a chat's projection that counts its messages. */
export const messageCount: Projection = {
  async project(tx, chatId, events) {
    const last = 'greatest(p.last_event_seq, $3)';
    await tx.query(`${addMessages}, last_event_seq = ${last}`, [chatId, events.length, events.at(-1)!.seq]);
  },
  async count(tx, chatId) {
    const [count, last] = await Promise.all([countMessages(tx, chatId), readLastMessage(tx, chatId)]);
    if (last) await tx.query(addMessages, [chatId, count, last.seq]);
  },
  async refold(tx, chatId, moved) {
    const [message, graph] = await Promise.all([readLastMessage(tx, chatId), readLastOfGraph(tx, chatId)]);
    const lastSeq = Math.max(message?.seq ?? 0, graph?.seq ?? 0);
    if (lastSeq === 0) await tx.query('delete from chat_projections where chat_id = $1', [chatId]);
    else await tx.query(`${addMessages}, last_event_seq = $3`, [chatId, countMoved(moved), lastSeq]);
  },
};

type GraphEvent = Extract<ProjectionEvent, { kind: (typeof graphKinds)[number] }>;

const ofGraph = `e.chat_id = $1 and e.kind in (${listOf(graphKinds)}) and ${inTimeline('e')}`;

async function readLastOfGraph(db: Db, chatId: string): Promise<{ seq: number } | null> {
  const { rows } = await db.query<{ seq: number }>(
    `select e.seq from events e where ${ofGraph} order by e.seq desc limit 1`,
    [chatId],
  );
  return rows[0] ?? null;
}

/**
 * What a graph is folded to, without its steps and its plan, which are large: the seqs of the events that have them,
 * null where there are none.
 */
type GraphState = Omit<ProjectionHead, 'messageCount'> & { stepsSeq: number | null; planSeq: number | null };

const { steps: _, plan: __, messageCount: ___, ...emptyHead } = emptyProjection;
const emptyGraph: GraphState = { ...emptyHead, stepsSeq: null, planSeq: null };

function evolveGraph(state: GraphState, event: GraphEvent): GraphState {
  const { steps, plan, messageCount: _, ...change } = projectionChange({ ...state, messageCount: 0 }, event);
  return {
    ...state,
    ...change,
    stepsSeq: steps === undefined ? state.stepsSeq : event.kind === 'graph_snapshot' ? event.seq : null,
    planSeq: plan === undefined ? state.planSeq : event.kind === 'graph_plan' ? event.seq : null,
  };
}

/** How many events are read at a time. */
const GRAPHS = 1_000;

/** Events of graphs without their steps and plans: `null` and `[]` say that there are some. */
async function* readGraphEvents(db: Db, chatId: string, since: number): AsyncGenerator<GraphEvent> {
  const light = `case e.kind when 'graph_plan' then jsonb_set(e.data, '{plan}', '{}')
    when 'graph_snapshot' then jsonb_set(e.data, '{graphSnapshot,steps}', '[]') else e.data end`;
  for (let after = since; ; ) {
    const { rows } = await db.query<EventRow>(
      `select e.seq, e.kind, e.turn_id, e.at, ${light} as data, e.superseded_by, e.hidden_by from events e
       where ${ofGraph} and e.seq > $2 order by e.seq limit ${GRAPHS}`,
      [chatId, after],
    );
    yield* rows.map((row) => toChatEvent(row) as GraphEvent);
    if (rows.length < GRAPHS) return;
    after = rows.at(-1)!.seq;
    await yieldToEventLoop();
  }
}

/** The subject of snapshots of the graph: no other subject is this word. */
const GRAPH = 'graph';

/** Folds the graph again from the newest snapshot before an event. Leaves snapshots for the next time. */
async function foldGraph(tx: Tx, chatId: string, from: number): Promise<GraphState> {
  const snapshot = await readSnapshot<GraphState>(tx, chatId, GRAPH, from);
  let state = snapshot?.row ?? emptyGraph;
  let newest = snapshot?.seq ?? 0;
  const due: Snapshot<GraphState>[] = [];
  for await (const event of readGraphEvents(tx, chatId, newest)) {
    state = evolveGraph(state, event);
    if (event.seq - newest < SNAPSHOT_DISTANCE) continue;
    due.push({ subject: GRAPH, seq: event.seq, row: state });
    newest = event.seq;
  }
  await writeSnapshots(tx, chatId, due);
  return state;
}

/** The other part: the graph, its names, the model and the strategy that the chat is linked to. */
export const graph: Projection = {
  async project(tx, chatId, events) {
    let head = await readHead(tx, chatId);
    let graph: Partial<ProjectionState> = {};
    for (const event of events as (ChatEvent & GraphEvent)[]) {
      const { steps, plan, ...change } = projectionChange(head, event);
      head = { ...head, ...change, lastEventSeq: Math.max(head.lastEventSeq, event.seq) };
      if (plan !== undefined) graph = { ...graph, plan, ...(steps ? { steps } : {}) };
    }
    await write(tx, chatId, head, graph);
  },
  async refold(tx, chatId, moved) {
    const first = moved.reduce((least, { seq }) => Math.min(least, seq), Number.MAX_SAFE_INTEGER);
    const state = await foldGraph(tx, chatId, first);
    const [{ messageCount }, message] = await Promise.all([readHead(tx, chatId), readLastMessage(tx, chatId)]);
    const lastEventSeq = Math.max(state.lastEventSeq, message?.seq ?? 0);
    if (lastEventSeq === 0) await tx.query('delete from chat_projections where chat_id = $1', [chatId]);
    else await writeGraph(tx, chatId, { ...state, messageCount, lastEventSeq });
  },
};

/** Steps and plan are copied from the events that have them. */
async function writeGraph(tx: Tx, chatId: string, state: GraphState & ProjectionHead): Promise<void> {
  await writeHead(tx, chatId, state);
  await tx.query(
    `update chat_projections set
       plan = (select e.data->'plan' from events e where e.chat_id = $1 and e.seq = $2),
       steps = coalesce((select e.data->'graphSnapshot'->'steps' from events e where e.chat_id = $1 and e.seq = $3), '[]')
     where chat_id = $1`,
    [chatId, state.planSeq, state.stepsSeq],
  );
}
