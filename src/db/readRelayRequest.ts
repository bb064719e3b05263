import type { PrimerLine, RelayRequest } from '../domain/relay.js';
import type { Db } from './pool.js';

/** Messages of a primer, at most. */
const PRIMER_MESSAGES = 20;

type Head = Omit<RelayRequest, 'primer'> & { chatId: string; userTurnSeq: number; primed: boolean };

/** A turn as the other chat service is asked for it. Null when the turn is no more. */
export async function readRelayRequest(db: Db, turnId: string): Promise<RelayRequest | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", ch.relay_primed as primed,
       ch.settings->>'persona' as persona, coalesce(ch.settings->>'sessionId', ch.id) as "sessionId",
       coalesce(y.name, t.owner) as username, t.owner as "userId",
       coalesce(t.edit_text, (select e.data->>'text' from events e
         where e.chat_id = t.chat_id and e.turn_id = t.prose_id and e.kind in ('user_turn', 'user_turn_edit')
         order by e.seq limit 1), '') as message
     from turns t join chats ch on ch.id = t.chat_id left join you y on y.owner = t.owner
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const { chatId, userTurnSeq, primed, ...request } = head;
  return { ...request, primer: primed ? null : await readPrimer(db, chatId, userTurnSeq) };
}

async function readPrimer(db: Db, chatId: string, userTurnSeq: number): Promise<PrimerLine[]> {
  const { rows } = await db.query<PrimerLine>(
    `select case when e.kind = 'assistant_turn' then 'assistant' else 'user' end as role, e.data->>'text' as content
     from events e join turns t on t.id = e.turn_id
     where e.chat_id = $1 and e.kind in ('user_turn', 'user_turn_edit', 'assistant_turn')
       and e.hidden_by is null and e.superseded_by is null and t.user_turn_seq < $2 and e.data->>'text' <> ''
     order by t.user_turn_seq desc, (e.kind = 'assistant_turn') desc, e.seq desc limit $3`,
    [chatId, userTurnSeq, PRIMER_MESSAGES],
  );
  return rows.reverse();
}
