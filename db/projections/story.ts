import type { Tx } from '../core/pool.js';
import type { Handler } from './handler.js';

export const planStoryEvent: Handler<'story_event_planned'> = (tx, chatId, { seq, at, data }) =>
  tx.query(
    `insert into story_events (chat_id, id, title, description, status, artifacts, planned_seq, created_at, updated_at)
     values ($1, $2, $3, $4, 'planned', $5, $6, $7, $7)`,
    [chatId, data.eventId, data.title, data.description, JSON.stringify(data.artifacts), seq, at],
  );

const moveTo =
  (status: 'active' | 'completed' | 'cancelled') =>
  (tx: Tx, chatId: string, { at, data }: { at: string; data: { eventId: string } }) =>
    tx.query('update story_events set status = $3, updated_at = $4 where chat_id = $1 and id = $2', [
      chatId,
      data.eventId,
      status,
      at,
    ]);

export const startStoryEvent: Handler<'story_event_started'> = moveTo('active');
export const completeStoryEvent: Handler<'story_event_completed'> = moveTo('completed');
export const cancelStoryEvent: Handler<'story_event_cancelled'> = moveTo('cancelled');

export const acquireObject: Handler<'object_acquired'> = (tx, chatId, { seq, at, data }) =>
  tx.query('insert into objects (chat_id, seq, owner_id, name, acquired_at) values ($1, $2, $3, $4, $5)', [
    chatId,
    seq,
    data.ownerId,
    data.name,
    at,
  ]);
