import { newId } from '../../../db/core/ids.js';
import type { Pool } from '../../../db/core/pool.js';

/** What a turn of `fillChat` adds to the log. */
const eventsPerTurn = 8;

/**
 * Adds turns to a narrative chat whose log ends at `seq`, as they are in the log once they have ended: `bytes` are
 * those of each text. Projections are not filled: they are another matter.
 */
export async function fillChat(
  pool: Pool,
  { chatId, hostId, turns, bytes }: { chatId: string; hostId: string; turns: number; bytes: number },
): Promise<string[]> {
  const ids = Array.from({ length: turns }, () => newId('turn'));
  const { rows } = await pool.query<{ seq: number; owner: string }>('select seq, owner from chats where id = $1', [
    chatId,
  ]);
  const { seq, owner } = rows[0]!;
  const from = `unnest($1::text[]) with ordinality as t(id, n)`;
  const at = (place: number) => `${seq} + (t.n - 1) * ${eventsPerTurn} + ${place}`;
  await pool.query(
    `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, phase, rank, user_turn_seq, request_hash,
       when_failed, started_at, opened_at, finished_at)
     select t.id, t.id, t.id, $2, $3, 'narrative', 'completed', 'done', ${at(1)}, ${at(1)}, '', 'fail', now(), now(), now()
     from ${from}`,
    [ids, chatId, owner],
  );
  const usage = {
    promptTokens: 1,
    completionTokens: 1,
    totalTokens: 2,
    cachedTokens: 0,
    toolCallCount: 0,
    llmCallCount: 1,
    modelId: 'm',
    certainty: 'exact',
  };
  const text = `jsonb_build_object('text', repeat(md5(t.id || 'x'), ${Math.ceil(bytes / 32)}))`;
  const memory = `jsonb_build_object('memoryId', replace(t.id, 'turn', 'mem'))`;
  const edge = (source: string, target: string) => ({
    sourceId: source,
    targetId: target,
    affinityDelta: 1,
    trustDelta: 1,
    knowledgeFacts: [],
    lastInteractionAt: '2026-01-01T00:00:00.000Z',
  });
  const events: [kind: string, step: string, data: string][] = [
    ['user_turn', 'accept', `${text} || '{"segments": []}'`],
    [
      'assistant_turn_started',
      'started:0',
      `'{"beat": 0, "speakerId": "${hostId}"}' || jsonb_build_object('userTurnSeq', ${at(1)})`,
    ],
    [
      'assistant_turn',
      'reply:0',
      `${text} || '{"beat": 0, "speakerId": "${hostId}", "truncated": false, "model": "m"}' || jsonb_build_object('userTurnSeq', ${at(1)})`,
    ],
    [
      'memory_written',
      'memory:0',
      `${memory} || ${text} || '{"witnessId": "${hostId}", "sceneId": null, "witnesses": ["${hostId}"]}' || jsonb_build_object('chatClock', ${at(1)})`,
    ],
    ['memory_scored', 'significance:0', `${memory} || '{"significance": 1}'`],
    ['edge_update', 'state_update:a', `'${JSON.stringify(edge('you', hostId))}'::jsonb`],
    ['edge_update', 'state_update:b', `'${JSON.stringify(edge(hostId, 'you'))}'::jsonb`],
    [
      'turn_completed',
      'finish',
      `'${JSON.stringify({ status: 'completed', usage, warnings: [], tokenUsage: usage })}'::jsonb`,
    ],
  ];
  for (const [place, [kind, step, data]] of events.entries())
    await pool.query(
      `insert into events (chat_id, seq, kind, turn_id, step, n, data, bytes)
       select $2, d.seq, '${kind}', d.id, '${step}', 0, d.data, octet_length(d.data::text)
       from (select t.id, ${at(place + 1)} as seq, (${data}) as data from ${from}) d`,
      [ids, chatId],
    );
  await pool.query(
    `update chats set seq = $2, log_bytes = (select sum(bytes) from events where chat_id = $1) where id = $1`,
    [chatId, seq + turns * eventsPerTurn],
  );
  await pool.query('analyze events');
  await pool.query('analyze turns');
  return ids;
}
