import type { ChatEvent } from '../../domain/log/events.js';
import {
  emptyProjection,
  type ProjectionEvent,
  type ProjectionHead,
  type ProjectionState,
  projectionChange,
} from '../../domain/timeline/chatProjection.js';
import type { Db, Tx } from '../core/pool.js';
import { yieldToEventLoop } from '../core/yieldToEventLoop.js';
import { type EventRow, toChatEvent } from '../timeline/log.js';
import { projectionHead } from '../timeline/readProjection.js';
import { inTimeline, listOf } from '../timeline/subjects.js';
import type { Projection } from './handler.js';
import { readLastMessage } from './lastMessage.js';
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
  async refold(tx, chatId, moved) {
    const [message, graph] = await Promise.all([readLastMessage(tx, chatId), readLastOfGraph(tx, chatId)]);
    const lastSeq = Math.max(message?.seq ?? 0, graph?.seq ?? 0);
    if (lastSeq === 0) await tx.query('delete from chat_projections where chat_id = $1', [chatId]);
    else await tx.query(`${addMessages}, last_event_seq = $3`, [chatId, countMoved(moved), lastSeq]);
  },
};

const graphKinds = [
  'model_selected',
  'strategy_meta',
  'strategy_link',
  'strategy_unlinked',
  'graph_snapshot',
  'graph_plan',
  'graph_cleared',
] as const;
type GraphEvent = Extract<ProjectionEvent, { kind: (typeof graphKinds)[number] }>;

const ofGraph = `e.chat_id = $1 and e.kind in (${listOf(graphKinds)}) and ${inTimeline('e')}`;

async function readLastOfGraph(db: Db, chatId: string): Promise<{ seq: number } | null> {
  const { rows } = await db.query<{ seq: number }>(
    `select e.seq from events e where ${ofGraph} order by e.seq desc limit 1`,
    [chatId],
  );
  return rows[0] ?? null;
}

/** How many events of graphs are read at a time: each may have thousands of steps. */
const GRAPHS = 20;

async function* readGraphEvents(db: Db, chatId: string): AsyncGenerator<GraphEvent> {
  for (let after = 0; ; ) {
    const { rows } = await db.query<EventRow>(
      `select e.seq, e.kind, e.turn_id, e.at, e.data, e.superseded_by, e.hidden_by from events e
       where ${ofGraph} and e.seq > $2 order by e.seq limit ${GRAPHS}`,
      [chatId, after],
    );
    yield* rows.map((row) => toChatEvent(row) as GraphEvent);
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
    await yieldToEventLoop();
  }
}

/** The other part: the graph, its names, the model and the strategy that the chat is linked to. */
export const graph: Projection = {
  async project(tx, chatId, events) {
    for (const event of events as (ChatEvent & GraphEvent)[]) {
      const head = await readHead(tx, chatId);
      const change = projectionChange(head, event);
      await write(tx, chatId, { ...head, ...change, lastEventSeq: Math.max(head.lastEventSeq, event.seq) }, change);
    }
  },
  async refold(tx, chatId) {
    const { messageCount } = await readHead(tx, chatId);
    let state: ProjectionState = { ...emptyProjection, messageCount };
    for await (const event of readGraphEvents(tx, chatId)) state = { ...state, ...projectionChange(state, event) };
    const message = await readLastMessage(tx, chatId);
    const lastEventSeq = Math.max(state.lastEventSeq, message?.seq ?? 0);
    if (lastEventSeq === 0) await tx.query('delete from chat_projections where chat_id = $1', [chatId]);
    else await write(tx, chatId, { ...state, lastEventSeq }, state);
  },
};
