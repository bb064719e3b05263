import {
  emptyProjection,
  type ProjectionEvent,
  type ProjectionHead,
  projectionChange,
} from '../../domain/timeline/chatProjection.js';
import type { Tx } from '../core/pool.js';
import { projectionHead } from '../timeline/readProjection.js';

/**
 * Applies an event to the chat's row, which the first event inserts. The graph is large, so only a change of it is
 * stored.
 */
export async function changeProjection(tx: Tx, chatId: string, event: ProjectionEvent): Promise<void> {
  const { rows } = await tx.query<ProjectionHead>(
    `select ${projectionHead} from chat_projections p where p.chat_id = $1`,
    [chatId],
  );
  const { steps: _, plan: __, ...empty } = emptyProjection;
  const head = rows[0] ?? empty;
  const change = projectionChange(head, event);
  await writeHead(tx, chatId, { ...head, ...change });
  if (change.plan === undefined) return;
  await tx.query('update chat_projections set plan = $2, steps = coalesce($3, steps) where chat_id = $1', [
    chatId,
    change.plan && JSON.stringify(change.plan),
    change.steps ? JSON.stringify(change.steps) : null,
  ]);
}

/** Counts a message in one statement, because every turn begins with one. */
export const countProjectedMessage = (tx: Tx, chatId: string, { seq }: { seq: number }) =>
  tx.query(
    `insert into chat_projections as p (chat_id, message_count, last_event_seq) values ($1, 1, $2)
     on conflict (chat_id) do update set message_count = p.message_count + 1, last_event_seq = $2`,
    [chatId, seq],
  );

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
