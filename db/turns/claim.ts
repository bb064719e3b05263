import type { ClientFunctions, ClientOutput } from '../../domain/agents/clientFunctions.js';
import { splitProse } from '../../domain/narrative/ooc.js';
import { type ClaimDecision, decideClaim } from '../../domain/turns/decideClaim.js';
import type { ChatKind, WhenBusy, WhenFailed } from '../../domain/turns/turn.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import { readHandedCalls } from '../agents/clientFunctions.js';
import { attachToChat } from '../attachments/attachToChat.js';
import { lockOwnChat } from '../chats/lockOwnChat.js';
import type { StoredLimit } from '../chats/ownerLimits.js';
import { mustHaveRoom } from '../chats/storedBytes.js';
import { newId } from '../core/ids.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { ChatRefused } from '../core/refused.js';
import { keepTurnRecord, type TurnRecord } from '../dialects/turnRecord.js';
import { appendEvents, type ChatLock } from '../timeline/log.js';
import { readFloor, storeStop } from './floor.js';
import { mustHaveTurnsLeft, type TurnLimits } from './ownerTurns.js';
import { type Preparation, prepareTurn, readPrepared } from './prepareTurn.js';
import { type TurnRow, toStart, turnColumns } from './turnRow.js';

/** The request to post a turn. */
export type ClaimRequest = {
  chatId: string;
  owner: string;
  text: string;
  quote?: string | undefined;
  /** Ids of uploads of the owner, in their order. */
  attachments?: readonly string[] | undefined;
  whenBusy: WhenBusy;
  whenFailed: WhenFailed;
  options?: TurnOptions;
  /** The functions that the client runs, if an agent's model calls them. */
  functions?: ClientFunctions | undefined;
  /** The outputs of calls of earlier turns. Those of calls that do not wait for one are ignored. */
  outputs?: readonly ClientOutput[] | undefined;
  /** What the turn needs in the chat before it. */
  preparation?: Preparation | undefined;
  /** What the clients of a dialect know the turn by. */
  record?: TurnRecord | undefined;
  idempotencyKey?: string | undefined;
  /** The highest level of tools that the turn may use, from 1 (read) to 3 (dangerous). Default: 3. */
  callerLevel?: number | undefined;
  /** sha256 of the request's body. It distinguishes a repeated request from another request with the same key. */
  requestHash: string;
  /** The W3C traceparent of the request, if tracing is on. */
  trace?: string | null;
  /** The id of the Temporal namespace in which the workflow will be started, if it is known. */
  namespaceId?: string | null;
};

export type ClaimLimits = TurnLimits & StoredLimit;

/** The result of a claim. */
export type Claim = {
  turn: TurnRow;
  /** False when an earlier request with the same idempotency key created the turn. */
  created: boolean;
  /** What starting the workflow needs, if the turn got the floor. */
  start: StartTurn | null;
  /** The turn whose stream the caller must stop, for `interrupt` and `rollback`. */
  stopping: string | null;
};

/**
 * Accepts a turn: in one transaction locks the chat, gives the turn the floor or a place in the queue, and appends
 * `user_turn`. Throws `ChatRefused`. Once it returns, the turn can't be lost.
 */
export async function claimTurn(pool: Pool, request: ClaimRequest, limits: ClaimLimits = {}): Promise<Claim> {
  return transaction(pool, async (tx) => {
    const { owner, chatId, preparation = {}, idempotencyKey = newId('evt') } = request;
    const [locked, repeated, floor, before] = await Promise.all([
      lockOwnChat(tx, owner, chatId),
      findRepeated(tx, request),
      readFloor(tx, chatId),
      readPrepared(tx, chatId, preparation),
    ]);
    const { asOf } = preparation;
    if (asOf && asOf.seq !== locked.seq && !repeated) throw new ChatRefused('not_last_turn');
    const target = { owner, chatId, storedBytes: limits.storedBytes };
    const prepared = !repeated && (await prepareTurn(tx, target, { preparation, before, key: idempotencyKey }));
    const chat = prepared ? await lockOwnChat(tx, owner, chatId) : locked;
    const decision = decideClaim(request, { chat, repeated, ...floor });
    switch (decision.action) {
      case 'refuse':
        throw new ChatRefused(decision.code, decision.path);
      case 'repeat':
        await keepTurnRecord(tx, { owner, chatId, turnId: decision.turn.id }, request.record);
        return repeatOf(decision.turn);
      case 'run': {
        await mustBeWithinLimits(tx, request, limits, 'running');
        const turn = await acceptTurn(tx, request, chat, decision);
        return { turn, created: true, start: toStart(turn, floor.speaker), stopping: null };
      }
      case 'queue': {
        const { stop } = decision;
        await mustBeWithinLimits(tx, request, limits, 'queued');
        if (stop) await storeStop(tx, stop.turnId, stop.mark);
        const turn = await acceptTurn(tx, request, chat, decision);
        return { turn, created: true, start: null, stopping: stop?.turnId ?? null };
      }
    }
  });
}

/** The prose is in the event twice: whole, and as segments. */
const TIMES_STORED = 2;

async function mustBeWithinLimits(
  tx: Tx,
  { owner, text, quote = '' }: ClaimRequest,
  limits: ClaimLimits,
  status: 'running' | 'queued',
): Promise<void> {
  const bytes = TIMES_STORED * Buffer.byteLength(text) + Buffer.byteLength(quote);
  await Promise.all([mustHaveTurnsLeft(tx, owner, limits, status), mustHaveRoom(tx, owner, bytes, limits.storedBytes)]);
}

/** The result for a repeated request: the turn that the first one created. */
export const repeatOf = (turn: TurnRow): Claim => ({ turn, created: false, start: null, stopping: null });

type Accepted = Extract<ClaimDecision<TurnRow>, { action: 'run' | 'queue' }>;

async function acceptTurn(tx: Tx, request: ClaimRequest, chat: ChatLock, accepted: Accepted): Promise<TurnRow> {
  const { text, quote, owner } = request;
  const turnId = newId('turn');
  const attachments = await attachToChat(tx, {
    chatId: chat.id,
    kind: chat.kind,
    owner,
    ids: request.attachments ?? [],
  });
  const outputs = await answeredCalls(tx, chat.id, request.outputs ?? []);
  const data = {
    text,
    segments: splitProse(text),
    ...(quote === undefined ? {} : { quote }),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(outputs.length > 0 ? { outputs } : {}),
  };
  const [turn] = await Promise.all([
    insertTurn(tx, turnId, request, { kind: chat.kind, accepted }),
    appendEvents(tx, { chatId: chat.id, turnId, step: 'accept' }, [{ kind: 'user_turn', data }]),
    keepTurnRecord(tx, { owner, chatId: chat.id, turnId }, request.record),
  ]);
  return turn;
}

/** The outputs of the calls that wait for one, in the order of the calls. */
async function answeredCalls(tx: Tx, chatId: string, outputs: readonly ClientOutput[]) {
  const given = new Map(outputs.map((output) => [output.callId, output]));
  const handed = await readHandedCalls(tx, chatId, [...given.keys()]);
  return handed.map(({ callId: id, name }) => {
    const { output: result = '', success = true } = given.get(id) ?? {};
    return { id, name, result, success };
  });
}

/** The turn that an earlier request with the same idempotency key created, or null. */
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

/** Inserts the turn. Its `user_turn_seq` is that of the event which the next statement appends. */
async function insertTurn(
  tx: Tx,
  turnId: string,
  request: ClaimRequest,
  { kind, accepted }: { kind: ChatKind; accepted: Accepted },
): Promise<TurnRow> {
  const { rows } = await tx.query<TurnRow>(
    `with t as (
       insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, rank, user_turn_seq, idempotency_key,
                          request_hash, when_failed, started_at, caller_level, trace, namespace_id, options, client_functions)
       values ($1, $1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $5 = 'running' then now() end, $11, $12,
               case when $5 = 'running' then $13 end, $14, $15)
       returning *
     ), floor as (
       update chats set active_turn_id = $1 where id = $2 and $5 = 'running'
     )
     select ${turnColumns} from t`,
    [
      turnId,
      request.chatId,
      request.owner,
      kind,
      accepted.action === 'run' ? 'running' : 'queued',
      accepted.rank,
      accepted.userTurnSeq,
      request.idempotencyKey ?? null,
      request.requestHash,
      request.whenFailed,
      request.callerLevel ?? 3,
      request.trace ?? null,
      request.namespaceId ?? null,
      JSON.stringify(request.options ?? {}),
      request.functions ? JSON.stringify(request.functions) : null,
    ],
  );
  notifyTurnStatus(tx, request.chatId, turnId);
  return rows[0]!;
}
