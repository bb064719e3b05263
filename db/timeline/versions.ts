import type { TurnStatus } from '../../domain/turns/turn.js';
import { mustHaveRoom } from '../chats/chatLimits.js';
import { mustBeFree } from '../chats/freeFloor.js';
import { maxPageBytes, type Page } from '../core/page.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { endBeforeLeaving } from '../turns/leave.js';
import { readTurnRow } from '../turns/stop.js';
import type { TurnRow } from '../turns/turnRow.js';
import { appendEvents, lockChat } from './log.js';
import { applyMarks, readActiveVersions } from './marks.js';

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
  const active = (await readActiveVersions(db, turn.chatId))(turn.rootId);
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
 * Puts another version of a reply into the timeline. Choosing the one that is there changes nothing. Says which
 * turn it ended, if the version that left was waiting for an operator. Throws `ChatRefused`.
 */
export async function activateVersion(pool: Pool, request: Activation): Promise<{ ended: string | null }> {
  return transaction(pool, async (tx) => {
    const turn = await readTurnRow(tx, request.turnId);
    if (!turn || turn.owner !== request.owner) throw new ChatRefused('turn_not_found');
    const chat = await lockChat(tx, turn.chatId);
    if (!chat) throw new ChatRefused('turn_not_found');
    const version = await readTurnRow(tx, request.versionId);
    if (version?.rootId !== turn.rootId) throw new ChatRefused('version_not_found');
    mustHaveRoom(chat);
    await mustBeFree(tx, chat);
    await mustHaveLanded(tx, version);
    const active = (await readActiveVersions(tx, chat.id))(turn.rootId);
    return { ended: active === version.id ? null : await replace(tx, active, version) };
  });
}

/** A version whose landing was rewound is none any more. */
async function mustHaveLanded(tx: Tx, version: TurnRow): Promise<void> {
  const { rows } = await tx.query<{ hidden: boolean }>(
    `select hidden_by is not null as hidden from events
     where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq limit 1`,
    [version.chatId, version.id],
  );
  if (!rows[0]) throw new ChatRefused('version_not_landed');
  if (rows[0].hidden) throw new ChatRefused('version_not_found');
}

async function replace(tx: Tx, leavingId: string, version: TurnRow): Promise<string | null> {
  const leaving = await readTurnRow(tx, leavingId);
  const ended = leaving && (await endBeforeLeaving(tx, leaving, 'superseded')) ? leaving.id : null;
  const cause = { chatId: version.chatId, turnId: version.id, step: 'activate' };
  const { rows } = await tx.query<{ before: number }>(
    'select count(*) as before from events where chat_id = $1 and turn_id = $2 and step = $3',
    [cause.chatId, cause.turnId, cause.step],
  );
  await appendEvents(tx, cause, [{ kind: 'version_activated', data: { turnId: version.id } }], rows[0]!.before);
  await applyMarks(tx, version.chatId);
  return ended;
}
