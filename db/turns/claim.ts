import { splitProse } from '../../domain/narrative/ooc.js';
import type { ChatKind, StopMark, WhenBusy, WhenFailed } from '../../domain/turns/turn.js';
import { mustHaveQueueRoom, mustHaveRoom } from '../chats/chatLimits.js';
import { newId } from '../core/ids.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { appendEvents, lockChat } from '../timeline/log.js';
import { setStop } from './stop.js';
import { type StartTurn, type TurnRow, turnColumns } from './turnRow.js';

export type ClaimRequest = {
  chatId: string;
  owner: string;
  text: string;
  quote?: string | undefined;
  whenBusy: WhenBusy;
  whenFailed: WhenFailed;
  idempotencyKey?: string | undefined;
  /** What tools may do for whoever asks: 1 read to 3 dangerous, which is also what is left out. */
  callerLevel?: number | undefined;
  /** sha256 of the request's body, to tell a repeat from a misuse of the key. */
  requestHash: string;
  /** The W3C traceparent of the request, with tracing. */
  trace?: string | null;
  /** The Temporal namespace that its workflow is about to be started in, where that is known. */
  namespaceId?: string | null;
};

export type Claim = {
  turn: TurnRow;
  /** False when the idempotency key had claimed it before. */
  created: boolean;
  /** The workflow to start now, when the turn has the floor and nobody has started it. */
  start: StartTurn | null;
  /** The turn whose stream is to stop, for `interrupt` and `rollback`. */
  stopping: string | null;
};

const stopFor: Record<WhenBusy, StopMark | null> = {
  enqueue: null,
  reject: null,
  interrupt: 'interrupt',
  rollback: 'rollback',
};

/**
 * Accepts a turn: in one transaction locks the chat, claims the floor or a place in the queue, and appends
 * `user_turn`. Throws `ChatRefused`. Once it returns, the turn can't be lost.
 */
export async function claimTurn(pool: Pool, request: ClaimRequest): Promise<Claim> {
  return transaction(pool, async (tx) => {
    const [chat, repeated, speaker] = await Promise.all([
      lockChat(tx, request.chatId),
      findRepeated(tx, request),
      speakerName(tx, request.chatId),
    ]);
    if (!chat || chat.owner !== request.owner) throw new ChatRefused('chat_not_found');
    if (repeated && repeated.requestHash !== request.requestHash) throw new ChatRefused('idempotency_mismatch');
    if (repeated) return { turn: repeated, created: false, start: null, stopping: null };

    mustHaveRoom(chat);
    const busy = chat.activeTurnId !== null;
    if (busy) await mustBeTaken(tx, chat.id, request.whenBusy);
    const mark = busy ? stopFor[request.whenBusy] : null;
    const stopping =
      mark && chat.activeTurnId && (await setStop(tx, chat.activeTurnId, mark)) ? chat.activeTurnId : null;

    const turnId = newId('turn');
    const place = { kind: chat.kind as ChatKind, seq: chat.seq + 1, busy, toHead: mark !== null };
    const [turn] = await Promise.all([
      insertTurn(tx, turnId, request, place),
      appendEvents(tx, { chatId: chat.id, turnId, step: 'accept' }, [
        {
          kind: 'user_turn',
          data: {
            text: request.text,
            segments: splitProse(request.text),
            ...(request.quote === undefined ? {} : { quote: request.quote }),
          },
        },
      ]),
    ]);
    return { turn, created: true, start: busy ? null : toStart(turn, speaker), stopping };
  });
}

/** Whether a chat that is busy takes another turn. */
async function mustBeTaken(tx: Tx, chatId: string, whenBusy: WhenBusy): Promise<void> {
  if (whenBusy === 'reject') throw new ChatRefused('turn_in_progress');
  await mustHaveQueueRoom(tx, chatId);
}

export async function findRepeated(
  tx: Tx,
  request: Pick<ClaimRequest, 'chatId' | 'idempotencyKey'>,
): Promise<TurnRow | null> {
  if (request.idempotencyKey === undefined) return null;
  const { rows } = await tx.query<TurnRow>(
    `select ${turnColumns} from turns t where t.chat_id = $1 and t.idempotency_key = $2`,
    [request.chatId, request.idempotencyKey],
  );
  return rows[0] ?? null;
}

/** Appending `user_turn` is next, so its seq is known. An interrupt's negated rank puts it before all others. */
async function insertTurn(
  tx: Tx,
  turnId: string,
  request: ClaimRequest,
  place: { kind: ChatKind; seq: number; busy: boolean; toHead: boolean },
): Promise<TurnRow> {
  const { rows } = await tx.query<TurnRow>(
    `with t as (
       insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, rank, user_turn_seq, idempotency_key,
                          request_hash, when_failed, started_at, caller_level, trace, namespace_id)
       values ($1, $1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $5 = 'running' then now() end, $11, $12,
               case when $5 = 'running' then $13 end)
       returning *
     ), floor as (
       update chats set active_turn_id = $1 where id = $2 and $5 = 'running'
     ), told as (
       select pg_notify('turn_status', $2 || ':' || $1)
     )
     select ${turnColumns} from t, told`,
    [
      turnId,
      request.chatId,
      request.owner,
      place.kind,
      place.busy ? 'queued' : 'running',
      place.toHead ? -place.seq : place.seq,
      place.seq,
      request.idempotencyKey ?? null,
      request.requestHash,
      request.whenFailed,
      request.callerLevel ?? 3,
      request.trace ?? null,
      request.namespaceId ?? null,
    ],
  );
  return rows[0]!;
}

export async function speakerName(tx: Pick<Tx, 'query'>, chatId: string): Promise<string | null> {
  const { rows } = await tx.query<{ name: string }>(
    'select c.name from chats ch join characters c on c.id = ch.host_id where ch.id = $1',
    [chatId],
  );
  return rows[0]?.name ?? null;
}

export function toStart(turn: TurnRow, speaker: string | null): StartTurn {
  const { id: turnId, chatId, owner, kind, namespaceId, trace } = turn;
  return { turnId, chatId, owner, kind, speaker, namespaceId, ...(trace ? { trace } : {}) };
}
