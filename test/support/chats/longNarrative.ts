import { newId } from '../../../db/core/ids.js';
import { createPool, type Pool } from '../../../db/core/pool.js';
import { rebuildProjections } from '../../../db/timeline/rebuild/rebuild.js';

/** How many turns are inserted at a time. */
const PART = 1_000;

/** The events of a turn with two edges and one memory, as its steps append them. */
const eventsOfTurn = `(values
  (1, 'user_turn', 'accept', 0,
   jsonb_build_object('text', 'Line ' || t.i || ' of the user, who asks where the river goes.', 'segments', '[]'::jsonb)),
  (2, 'assistant_turn_started', 'reply:0', 0,
   jsonb_build_object('beat', 0, 'speakerId', $2::text, 'userTurnSeq', t.seq + 1)),
  (3, 'assistant_turn', 'reply:0', 1,
   jsonb_build_object('beat', 0, 'speakerId', $2::text, 'userTurnSeq', t.seq + 1, 'truncated', false, 'model', 'test',
     'text', 'Reply ' || t.i || '. ' || repeat('The river goes to the sea, and the sea is far. ', 8))),
  (4, 'edge_update', 'state_update:host>you:0', 0,
   jsonb_build_object('sourceId', $2::text, 'targetId', 'you', 'affinityDelta', t.i % 7 - 3, 'trustDelta', t.i % 5 - 2,
     'knowledgeFacts', '[]'::jsonb, 'lastInteractionAt', '2026-11-01T00:00:00.000Z')),
  (5, 'edge_update', 'state_update:you>host:0', 0,
   jsonb_build_object('sourceId', 'you', 'targetId', $2::text, 'affinityDelta', t.i % 3 - 1, 'trustDelta', 1,
     'knowledgeFacts', '[]'::jsonb, 'lastInteractionAt', '2026-11-01T00:00:00.000Z')),
  (6, 'memory_written', 'memory:0', 0,
   jsonb_build_object('memoryId', 'mem_' || t.id, 'witnessId', $2::text, 'text', 'Memory ' || t.i || repeat(' of the river', 12),
     'sceneId', null, 'witnesses', jsonb_build_array($2::text), 'chatClock', t.seq + 1)),
  (7, 'memory_scored', 'significance:0', 0, jsonb_build_object('memoryId', 'mem_' || t.id, 'significance', t.i % 3)),
  (8, 'turn_completed', 'finish', 0, jsonb_build_object('status', 'completed', 'usage', null, 'warnings', '[]'::jsonb,
     'tokenUsage', null))
) as e(place, kind, step, n, data)`;

export const EVENTS_OF_TURN = 8;

/** Adds ended turns to a chat whose last turn has ended: rows as if each turn had run, and the projections of its log. */
export async function addTurns(databaseUrl: string, chatId: string, count: number): Promise<void> {
  // Many rows at once, for which the service's own bound is not meant
  const pool = createPool(databaseUrl, { max: 1, statementTimeoutMs: 120_000 });
  try {
    await insertTurns(pool, chatId, count);
    await rebuildProjections(pool, chatId);
    await pool.query('analyze events, turns, drafts, memories');
  } finally {
    await pool.end();
  }
}

async function insertTurns(pool: Pool, chatId: string, count: number): Promise<void> {
  const { rows } = await pool.query<{ seq: number; hostId: string }>(
    'select seq, host_id as "hostId" from chats where id = $1',
    [chatId],
  );
  const { seq: first, hostId } = rows[0]!;
  for (let done = 0; done < count; done += PART) {
    const ids = Array.from({ length: Math.min(PART, count - done) }, () => newId('turn'));
    const since = first + done * EVENTS_OF_TURN;
    await pool.query(
      `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, phase, rank, user_turn_seq, request_hash,
                          when_failed, started_at, opened_at, finished_at)
       select t.id, t.id, t.id, c.id, c.owner, c.kind, 'completed', 'done', $3 + (t.i - 1) * ${EVENTS_OF_TURN} + 1,
         $3 + (t.i - 1) * ${EVENTS_OF_TURN} + 1, 'same', 'fail', now(), now(), now()
       from unnest($2::text[]) with ordinality as t(id, i) join chats c on c.id = $1`,
      [chatId, ids, since],
    );
    await pool.query(
      `insert into events (chat_id, seq, kind, turn_id, step, n, data, bytes)
       select $1, t.seq + e.place, e.kind, t.id, e.step, e.n, e.data, octet_length(e.data::text)
       from (select id, i + $4 as i, $5 + (i - 1) * ${EVENTS_OF_TURN} as seq
             from unnest($3::text[]) with ordinality as u(id, i)) t
       cross join lateral ${eventsOfTurn}`,
      [chatId, hostId, ids, done, since],
    );
    await pool.query(
      `insert into drafts (turn_id, beat, chat_id, speaker_id, user_turn_seq, epoch, attempt, status)
       select id, 0, chat_id, $2, user_turn_seq, 1, 1, 'landed' from turns where chat_id = $1 and id = any($3::text[])`,
      [chatId, hostId, ids],
    );
  }
  await pool.query(
    `update chats set seq = $2, log_bytes = log_bytes + (select sum(bytes) from events where chat_id = $1 and seq > $3),
       last_event_at = now() where id = $1`,
    [chatId, first + count * EVENTS_OF_TURN, first],
  );
}
