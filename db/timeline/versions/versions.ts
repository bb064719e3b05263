import { type ActivateState, decideActivate } from '../../../domain/timeline/decideActivate.js';
import type { TurnStatus } from '../../../domain/turns/turn.js';
import { maxPageBytes, type Page } from '../../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../../core/pool.js';
import { ChatRefused } from '../../core/refused.js';
import { endBeforeRemoval } from '../../turns/endBeforeRemoval.js';
import { readFloor } from '../../turns/floor.js';
import { readTurnRow } from '../../turns/turnRow.js';
import { appendEvents, lockChat } from '../log.js';
import { applyMark, type Marking } from '../marks/marks.js';
import { readActiveVersion } from '../marks/versionMarks.js';

/** One version of a reply, as far as it has landed. Times are ISO 8601 UTC. */
export type VersionView = {
  /** That of the turn that made it. */
  id: string;
  turnId: string;
  /** Whether it is the one in the timeline. */
  active: boolean;
  status: TurnStatus;
  createdAt: string;
  beats: { beat: number; speakerId: string; text: string; truncated: boolean; seq: number }[];
};

const allVersions: Page = { after: null, limit: 1_000 };

/**
 * A reply's versions that can be chosen, and the active one, oldest first; `turnId` may be any, and so may the cursor.
 * Null without such a turn.
 */
export async function readVersions(
  db: Db,
  which: { turnId: string; owner: string },
  { after, limit, order = 'asc' }: Page = allVersions,
): Promise<VersionView[] | null> {
  const turn = await readTurnRow(db, which.turnId);
  if (!turn || turn.owner !== which.owner) return null;
  const active = await readActiveVersion(db, turn.chatId, turn.rootId);
  const landed = `e.chat_id = t.chat_id and e.turn_id = t.id and e.kind = 'assistant_turn' and e.hidden_by is null`;
  const inOrder = `created_at ${order}, id ${order}`;
  const { rows } = await db.query<Omit<VersionView, 'id' | 'active' | 'createdAt'> & { createdAt: Date }>(
    `select t.id as "turnId", t.status, t.created_at as "createdAt", coalesce(jsonb_agg(jsonb_build_object(
         'beat', e.data->'beat', 'speakerId', e.data->'speakerId', 'text', e.data->'text',
         'truncated', e.data->'truncated', 'seq', e.seq) order by e.seq) filter (where e.seq is not null), '[]') as beats
     from (
       select *, row_number() over (order by ${inOrder}) as place,
         sum(size) over (order by ${inOrder}) - size as before
       from (
         select t.id, t.chat_id, t.status, t.created_at, coalesce(sum(coalesce(e.bytes, octet_length(e.data::text))), 0) as size
         from turns t
         join events u on u.chat_id = t.chat_id and u.seq = t.user_turn_seq and u.hidden_by is null
         left join lateral (select e.seq, e.bytes, e.data from events e where ${landed}) e on true
         where t.root_id = $1 and ($3::text is null or (t.created_at, t.id) ${order === 'asc' ? '>' : '<'} (
           select c.created_at, c.id from turns c where c.id = $3))
         group by t.id having count(e.seq) > 0 or t.id = $2
         order by ${inOrder} limit $4
       ) sized
     ) t left join events e on ${landed}
     where t.before < ${maxPageBytes} or t.place <= 2
     group by t.id, t.status, t.created_at
     order by t.created_at ${order}, t.id ${order}`,
    [turn.rootId, active, after, limit],
  );
  return rows.map((row) => ({
    id: row.turnId,
    ...row,
    active: row.turnId === active,
    createdAt: row.createdAt.toISOString(),
  }));
}

export type Activation = {
  /** Of any version of the reply. */
  turnId: string;
  /** The version to have in the timeline, with all that it led to. */
  versionId: string;
  owner: string;
};

/**
 * Puts another version of a reply into the timeline. Activating the active one changes nothing. `ended` is the turn of
 * the replaced version, if it waited for an operator and is ended. Throws `ChatRefused`.
 */
export async function activateVersion(pool: Pool, request: Activation): Promise<{ ended: string | null }> {
  return transaction(pool, async (tx) => {
    const turn = await readTurnRow(tx, request.turnId);
    if (!turn || turn.owner !== request.owner) throw new ChatRefused('turn_not_found');
    const { chatId, rootId } = turn;
    const [chat, version, floor, landing, activeId] = await Promise.all([
      lockChat(tx, chatId),
      readTurnRow(tx, request.versionId),
      readFloor(tx, chatId),
      readLanding(tx, chatId, request.versionId),
      readActiveVersion(tx, chatId, rootId),
    ]);
    if (!chat) throw new ChatRefused('turn_not_found');
    const decision = decideActivate({ turn, version }, { chat, landing, activeId, ...floor });
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'nothing':
        return { ended: null };
      case 'activate':
        return { ended: await replaceVersion(tx, chatId, { replacedId: decision.replacedId, by: request.versionId }) };
    }
  });
}

async function readLanding(tx: Tx, chatId: string, versionId: string): Promise<ActivateState['landing']> {
  const { rows } = await tx.query<{ landing: 'hidden' | 'landed' }>(
    `select case when hidden_by is null then 'landed' else 'hidden' end as landing from events
     where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq limit 1`,
    [chatId, versionId],
  );
  return rows[0]?.landing ?? 'none';
}

/** Returns the replaced turn if it had not ended. A version can be activated again: its events are numbered on. */
async function replaceVersion(
  tx: Tx,
  chatId: string,
  { replacedId, by }: { replacedId: string; by: string },
): Promise<string | null> {
  const replaced = await readTurnRow(tx, replacedId);
  const ended = replaced && (await endBeforeRemoval(tx, replaced, 'superseded')) ? replaced.id : null;
  const cause = { chatId, turnId: by, step: 'activate' };
  const { rows } = await tx.query<{ n: number }>(
    'select n from events where chat_id = $1 and turn_id = $2 and step = $3 order by n desc limit 1',
    [cause.chatId, cause.turnId, cause.step],
  );
  const n = (rows[0]?.n ?? -1) + 1;
  const [mark] = await appendEvents(tx, cause, [{ kind: 'version_activated', data: { turnId: by } }], n);
  await applyMark(tx, chatId, mark as Marking);
  return ended;
}
