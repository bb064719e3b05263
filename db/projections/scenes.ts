import type { Handler } from './handler.js';

export const openScene: Handler<'scene_opened'> = (tx, chatId, { seq, at, data }) =>
  tx.query('insert into scenes (id, chat_id, container, opened_seq, opened_at) values ($1, $2, $3, $4, $5)', [
    data.sceneId,
    chatId,
    data.container,
    seq,
    at,
  ]);

export const closeScene: Handler<'scene_closed'> = (tx, chatId, { seq, data }) =>
  tx.query('update scenes set closed_seq = $3, ended_at = $4 where chat_id = $1 and id = $2', [
    chatId,
    data.sceneId,
    seq,
    data.endedAt,
  ]);

export const summarizeScene: Handler<'scene_summary'> = (tx, chatId, { data }) =>
  tx.query(
    `update scenes set summaries = summaries || jsonb_build_object($3::text, $4::text)
     where chat_id = $1 and id = $2`,
    [chatId, data.sceneId, data.povId, data.summary],
  );
