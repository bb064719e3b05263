import { withoutErrorLine } from '../../domain/log/errorLine.js';
import type { PublicError } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

/** What the model wrote of a beat that has landed; null without such a beat. */
export async function readBeatText(
  db: Db,
  { chatId, turnId, beat }: { chatId: string; turnId: string; beat: number },
): Promise<string | null> {
  const { rows } = await db.query<{ text: string; error: PublicError | null }>(
    `select e.data->>'text' as text, e.data->'error' as error from events e
     where e.chat_id = $1 and e.turn_id = $2 and e.kind = 'assistant_turn' and (e.data->>'beat')::integer = $3
     order by e.seq limit 1`,
    [chatId, turnId, beat],
  );
  return rows[0] ? withoutErrorLine(rows[0].text, rows[0].error) : null;
}
