import type { Handler } from './handler.js';

/** Each witness of a memory has its own event. The first one inserts the row; later ones add their witness to it. */
export const writeMemory: Handler<'memory_written'> = (tx, chatId, { seq, at, data }) =>
  tx.query(
    `insert into memories (chat_id, id, text, scene_id, witnesses, witness_ids, chat_clock, written_seq, written_at)
     values ($1, $2, $3, $4, $5, jsonb_build_array($6::text), $7, $8, $9)
     on conflict (chat_id, id) do update set witness_ids = memories.witness_ids || excluded.witness_ids`,
    [
      chatId,
      data.memoryId,
      data.text,
      data.sceneId,
      JSON.stringify(data.witnesses),
      data.witnessId,
      data.chatClock,
      seq,
      at,
    ],
  );

export const scoreMemory: Handler<'memory_scored'> = (tx, chatId, { data }) =>
  tx.query('update memories set significance = $3 where chat_id = $1 and id = $2', [
    chatId,
    data.memoryId,
    data.significance,
  ]);

export const pinMemory: Handler<'memory_pinned'> = (tx, chatId, { seq, data }) =>
  tx.query('update memories set pinned_seq = $3 where chat_id = $1 and id = $2', [chatId, data.memoryId, seq]);

export const unpinMemory: Handler<'memory_unpinned'> = (tx, chatId, { data }) =>
  tx.query('update memories set pinned_seq = null where chat_id = $1 and id = $2', [chatId, data.memoryId]);
