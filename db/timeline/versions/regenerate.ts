import type { ClientFunctions } from '../../../domain/agents/clientFunctions.js';
import { decideRegenerate, newVersion } from '../../../domain/timeline/decideRegenerate.js';
import type { TurnOptions } from '../../../domain/turns/turnOptions.js';
import { lockOwnChat } from '../../chats/lockOwnChat.js';
import { newId } from '../../core/ids.js';
import { notifyTurnStatus } from '../../core/notify.js';
import { type Pool, type Tx, transaction } from '../../core/pool.js';
import { ChatRefused } from '../../core/refused.js';
import { keepTurnRecord, type TurnRecord } from '../../dialects/turnRecord.js';
import { type Claim, findRepeated, repeatOf } from '../../turns/claim.js';
import { readFloor } from '../../turns/floor.js';
import { mustHaveTurnsLeft, type TurnLimits } from '../../turns/ownerTurns.js';
import { type Preparation, prepareTurn, readPrepared } from '../../turns/prepareTurn.js';
import { readTurnRow, type TurnRow, toStart, turnColumns } from '../../turns/turnRow.js';
import { readBeatText } from '../beatText.js';
import { readActiveVersion } from '../marks/versionMarks.js';

export type RegenerateRequest = {
  /** Any version of the reply. */
  turnId: string;
  owner: string;
  /** New prose for the reply to answer; without it, what the replaced version answered. */
  text?: string | undefined;
  /** Whether the reply goes on from the text of the version that it replaces. */
  continues?: boolean | undefined;
  /** The functions that the client runs; left out: those of the version that it replaces. */
  functions?: ClientFunctions | undefined;
  /** Settings of this turn alone; left out: those of the version that it replaces. */
  options?: TurnOptions | undefined;
  /** Settings of the chat from this turn on. */
  preparation?: Pick<Preparation, 'settings'> | undefined;
  /** What the clients of a dialect know the turn by. */
  record?: TurnRecord | undefined;
  idempotencyKey?: string | undefined;
  /** The highest level of the tools that the turn may use: 1 read to 3 dangerous; left out: 3. */
  callerLevel?: number | undefined;
  /** sha256 of the request's meaning, to tell a repeat from a misuse of the key. */
  requestHash: string;
  /** The W3C traceparent of the request, with tracing. */
  trace?: string | null;
  /** The Temporal namespace that its workflow is about to be started in, where that is known. */
  namespaceId?: string | null;
};

/**
 * Accepts a turn whose reply is to replace the last one: it gets the floor and appends nothing yet. The version that it
 * replaces stays in the timeline until its reply lands. Throws `ChatRefused`.
 */
export async function claimRegeneration(
  pool: Pool,
  request: RegenerateRequest,
  limits: TurnLimits = {},
): Promise<Claim> {
  return transaction(pool, async (tx) => {
    const seen = await readTurnRow(tx, request.turnId);
    if (!seen || seen.owner !== request.owner) throw new ChatRefused('turn_not_found');
    const { chatId, userTurnSeq } = seen;
    const { owner, requestHash, continues = false, preparation = {}, record } = request;
    const [chat, repeated, floor, lastUserTurnSeq, before] = await Promise.all([
      lockOwnChat(tx, owner, chatId),
      findRepeated(tx, { ...request, chatId }),
      readFloor(tx, chatId),
      readLastUserTurn(tx, chatId),
      readPrepared(tx, chatId, preparation),
    ]);
    const continued = continues ? { continued: { kind: seen.kind, texts: await readTexts(tx, seen) } } : {};
    const command = { requestHash, userTurnSeq, continues };
    const decision = decideRegenerate(command, { chat, repeated, lastUserTurnSeq, ...continued, ...floor });
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'repeat':
        await keepTurnRecord(tx, { owner, chatId, turnId: decision.turn.id }, record);
        return repeatOf(decision.turn);
      case 'regenerate': {
        await mustHaveTurnsLeft(tx, owner, limits, 'running');
        await prepareTurn(tx, { owner, chatId }, { preparation, before, key: newId('evt') });
        const turn = await insertVersion(tx, await readActive(tx, seen), request);
        await keepTurnRecord(tx, { owner, chatId, turnId: turn.id }, record);
        return { turn, created: true, start: toStart(turn, floor.speaker), stopping: null };
      }
    }
  });
}

/** The seq of the newest user turn in the timeline. Prose that was edited is superseded, and counts. */
async function readLastUserTurn(tx: Tx, chatId: string): Promise<number | null> {
  const { rows } = await tx.query<{ seq: number }>(
    `select seq from events where chat_id = $1 and kind = 'user_turn' and hidden_by is null
     order by seq desc limit 1`,
    [chatId],
  );
  return rows[0]?.seq ?? null;
}

/** The texts of the version that is in the timeline, without the lines that say how it failed. */
async function readTexts(tx: Tx, { chatId, rootId }: TurnRow): Promise<string[]> {
  const turnId = await readActiveVersion(tx, chatId, rootId);
  const texts = await Promise.all([0, 1].map((beat) => readBeatText(tx, { chatId, turnId, beat })));
  return texts.filter((text) => text !== null);
}

/** The version of a turn's reply that is in the timeline. */
async function readActive(tx: Tx, { chatId, rootId }: TurnRow): Promise<TurnRow> {
  const active = await readTurnRow(tx, await readActiveVersion(tx, chatId, rootId));
  if (!active) throw new ChatRefused('turn_not_found');
  return active;
}

async function insertVersion(tx: Tx, replaced: TurnRow, request: RegenerateRequest): Promise<TurnRow> {
  const id = newId('turn');
  const version = newVersion({ id, text: request.text }, replaced);
  const { rows } = await tx.query<TurnRow>(
    `with t as (
       insert into turns (id, root_id, prose_id, regenerates, edit_text, chat_id, owner, kind, status, rank,
                          user_turn_seq, idempotency_key, request_hash, when_failed, started_at, caller_level, trace, namespace_id,
                          options, continues, client_functions)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9, $9, $10, $11, 'fail', now(), $12, $13, $14, $15, $16,
               coalesce($17, (select r.client_functions from turns r where r.id = $4)))
       returning *
     ), floor as (
       update chats set active_turn_id = $1 where id = $6
     )
     select ${turnColumns} from t`,
    [
      id,
      version.rootId,
      version.proseId,
      version.regenerates,
      version.editText,
      replaced.chatId,
      replaced.owner,
      replaced.kind,
      replaced.userTurnSeq,
      request.idempotencyKey ?? null,
      request.requestHash,
      request.callerLevel ?? 3,
      request.trace ?? null,
      request.namespaceId ?? null,
      JSON.stringify(request.options ?? replaced.options),
      request.continues ?? false,
      request.functions ? JSON.stringify(request.functions) : null,
    ],
  );
  notifyTurnStatus(tx, replaced.chatId, id);
  return rows[0]!;
}
