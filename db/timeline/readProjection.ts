import { emptyProjection, type ProjectionState } from '../../domain/timeline/chatProjection.js';
import type { Db } from '../core/pool.js';

/** The columns of a chat's projection, but for its graph. */
export const projectionHead = `p.name, p.record_type as "recordType", p.model_id as "modelId",
  p.message_count as "messageCount", p.root_step_id as "rootStepId", p.strategy_id as "strategyId",
  p.is_saved as "isSaved", p.last_event_seq as "lastEventSeq"`;

/** A chat's projection; empty while nothing has changed it. */
export async function readProjection(db: Db, chatId: string): Promise<ProjectionState> {
  const { rows } = await db.query<ProjectionState>(
    `select ${projectionHead}, p.steps, p.plan from chat_projections p where p.chat_id = $1`,
    [chatId],
  );
  return rows[0] ?? emptyProjection;
}
