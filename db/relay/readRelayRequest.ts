import type { RelayRequest } from '../../domain/relay/relay.js';
import type { Db } from '../core/pool.js';
import { askedOfTurn, readHistoryBefore } from '../timeline/promptHistory.js';

/** Most messages of a primer. */
const PRIMER_MESSAGES = 20;

type Head = Omit<RelayRequest, 'primer'> & { chatId: string; userTurnSeq: number; primed: boolean };

/**
 * Reads a turn's request to the upstream. `primer` has earlier messages, unless the upstream's session has them. Null
 * when the turn was deleted.
 */
export async function readRelayRequest(db: Db, turnId: string): Promise<RelayRequest | null> {
  const { rows } = await db.query<Head>(
    `select t.chat_id as "chatId", t.user_turn_seq as "userTurnSeq", ch.relay_primed as primed,
       ch.settings->>'persona' as persona, coalesce(ch.settings->>'sessionId', ch.id) as "sessionId",
       coalesce(y.name, t.owner) as username, t.owner as "userId",
       asked.text as message
     from turns t join chats ch on ch.id = t.chat_id left join you y on y.owner = t.owner
       cross join ${askedOfTurn} as asked
     where t.id = $1`,
    [turnId],
  );
  const head = rows[0];
  if (!head) return null;
  const { chatId, userTurnSeq, primed, ...request } = head;
  if (primed) return { ...request, primer: null };
  const said = await readHistoryBefore(db, { chatId, userTurnSeq }, PRIMER_MESSAGES);
  return { ...request, primer: said.map(({ role, text }) => ({ role, content: text })) };
}
