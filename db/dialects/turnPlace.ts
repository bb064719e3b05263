import type { Db } from '../core/pool.js';

/** What a viewer needs to follow a turn. */
export type TurnPlace = {
  chatId: string;
  /** Every event of the turn comes after this seq. */
  after: number;
  createdAt: Date;
  /** By beat, the epoch of its draft; final where the draft is no longer stored. */
  epochs: ReadonlyMap<number, number>;
};

/** Null when the owner has no such turn. */
export async function readTurnPlace(db: Db, which: { owner: string; turnId: string }): Promise<TurnPlace | null> {
  const { rows } = await db.query<{
    chatId: string;
    first: number | null;
    newest: number;
    createdAt: Date;
    endedState: { drafts: { beat: number; epoch: number }[] } | null;
    drafts: { beat: number; epoch: number }[] | null;
  }>(
    `select t.chat_id as "chatId", t.created_at as "createdAt", t.ended_state as "endedState", c.seq as newest,
       (select min(e.seq) from events e where e.chat_id = t.chat_id and e.turn_id = t.id) as first,
       (select jsonb_agg(jsonb_build_object('beat', d.beat, 'epoch', d.epoch)) from drafts d where d.turn_id = t.id) as drafts
     from turns t join chats c on c.id = t.chat_id where t.id = $1 and t.owner = $2`,
    [which.turnId, which.owner],
  );
  const row = rows[0];
  if (!row) return null;
  const drafts = row.drafts ?? row.endedState?.drafts ?? [];
  return {
    chatId: row.chatId,
    createdAt: row.createdAt,
    after: row.first === null ? row.newest : row.first - 1,
    epochs: new Map(drafts.map(({ beat, epoch }) => [beat, epoch])),
  };
}
