import { mustHaveRoom } from '../chats/chatLimits.js';
import { holdOwnChat, mustBeFree } from '../chats/freeFloor.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { type Claim, findRepeated, speakerName, toStart } from '../turns/claim.js';
import { readTurnRow } from '../turns/stop.js';
import { type TurnRow, turnColumns } from '../turns/turnRow.js';
import { readActiveVersions } from './marks.js';

export type RegenerateRequest = {
  /** Any version of the reply. */
  turnId: string;
  owner: string;
  /** New prose for the reply to answer; without it, what the replaced version answered. */
  text?: string | undefined;
  idempotencyKey?: string | undefined;
  /** What tools may do for whoever asks. */
  callerLevel?: number | undefined;
  /** sha256 of the request's meaning, to tell a repeat from a misuse of the key. */
  requestHash: string;
  /** The W3C traceparent of the request, with tracing. */
  trace?: string | null;
  /** The Temporal namespace that its workflow is about to be started in, where that is known. */
  namespaceId?: string | null;
};

/**
 * Accepts a turn whose reply is to replace the last one: it takes the floor and appends nothing yet. What it
 * replaces stays until it lands. Throws `ChatRefused`.
 */
export async function claimRegeneration(pool: Pool, request: RegenerateRequest): Promise<Claim> {
  return transaction(pool, async (tx) => {
    const seen = await readTurnRow(tx, request.turnId);
    if (!seen || seen.owner !== request.owner) throw new ChatRefused('turn_not_found');
    const chat = await holdOwnChat(tx, request.owner, seen.chatId);
    const repeated = await findRepeated(tx, { ...request, chatId: chat.id });
    if (repeated && repeated.requestHash !== request.requestHash) throw new ChatRefused('idempotency_mismatch');
    if (repeated) return { turn: repeated, created: false, start: null, stopping: null };
    mustHaveRoom(chat);
    await mustBeFree(tx, chat);
    if (!(await isLast(tx, seen))) throw new ChatRefused('not_last_turn');

    const active = (await readActiveVersions(tx, chat.id))(seen.rootId);
    const replaced = await readTurnRow(tx, active);
    if (!replaced) throw new ChatRefused('turn_not_found');
    const turn = await insertVersion(tx, replaced, request);
    return { turn, created: true, start: toStart(turn, await speakerName(tx, chat.id)), stopping: null };
  });
}

/** Whether no user turn of the timeline comes after this one's, which is itself in the timeline. All versions share it. */
async function isLast(tx: Tx, turn: TurnRow): Promise<boolean> {
  const { rows } = await tx.query<{ seq: number | null }>(
    "select max(seq) as seq from events where chat_id = $1 and kind = 'user_turn' and hidden_by is null",
    [turn.chatId],
  );
  return rows[0]?.seq === turn.userTurnSeq;
}

async function insertVersion(tx: Tx, replaced: TurnRow, request: RegenerateRequest): Promise<TurnRow> {
  const id = newId('turn');
  const { rows } = await tx.query<TurnRow>(
    `with t as (
       insert into turns (id, root_id, prose_id, regenerates, edit_text, chat_id, owner, kind, status, rank,
                          user_turn_seq, idempotency_key, request_hash, when_failed, started_at, caller_level, trace, namespace_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9, $9, $10, $11, 'fail', now(), $12, $13, $14)
       returning *
     ), floor as (
       update chats set active_turn_id = $1 where id = $6
     ), told as (
       select pg_notify('turn_status', $6 || ':' || $1)
     )
     select ${turnColumns} from t, told`,
    [
      id,
      replaced.rootId,
      request.text === undefined ? replaced.proseId : id,
      replaced.id,
      request.text ?? null,
      replaced.chatId,
      replaced.owner,
      replaced.kind,
      replaced.userTurnSeq,
      request.idempotencyKey ?? null,
      request.requestHash,
      request.callerLevel ?? 3,
      request.trace ?? null,
      request.namespaceId ?? null,
    ],
  );
  return rows[0]!;
}
