import { NO_FINISH_REASON } from '../../domain/log/failures.js';
import type { Channel, DraftKey } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { type RestartReason, restartReasonOf } from '../../domain/turns/restartReasons.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { StopMark } from '../../domain/turns/turn.js';
import { storedOptions } from '../../domain/turns/turnOptionSchemas.js';
import { optionsOfReply, type TurnOptions } from '../../domain/turns/turnOptions.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { notifyTurnStatus } from '../core/notify.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';
import { lockTurn } from '../turns/lockTurn.js';
import { landedVerdict } from './landedVerdict.js';
import { STARTED } from './replyEventNumbers.js';

/**
 * The right of one attempt to write a draft. `fence` is its fencing token: a later attempt takes the next number, and
 * writes with an older one are refused. A lease does not expire. Temporal detects a dead attempt by its heartbeats.
 */
export type Lease = {
  fence: number;
  epoch: number;
  /** Whether all text that was sent of the epoch is checkpointed. */
  settled: boolean;
  attempt: number;
  /** The attempt that sent the request of the draft's text: an earlier one where a kept response is resumed. */
  askedAttempt: number;
  /** The provider's id of the response that the draft comes from, if the provider keeps responses. */
  responseId: string | null;
  /** Sequence number of the response's newest event whose text is checkpointed. */
  responseSeq: number | null;
  /** The epoch of the response's text, which may not have begun yet. Null: the current epoch. */
  responseEpoch: number | null;
  /**
   * How long earlier attempts streamed, in milliseconds. Attempts that were lost with their workers are not counted.
   */
  streamedMs: number;
  /** Whether the attempts at the first provider are used up, so that the fallback is asked. */
  onFallback: boolean;
  /** Whether the attempt before did not record its end: it was lost with its worker, or still runs. */
  lost: boolean;
  /** The code of the last failure; null if none is known or the attempt before did not fail. */
  lastError: string | null;
  /** Whether the last failure was an end in order, without a finish reason, of the provider that is asked now. */
  endedWithoutReason: boolean;
  /** The reason that viewers get, if this attempt can't continue the text that they have. */
  restartReason: RestartReason;
  chatId: string;
  speakerId: string;
  userTurnSeq: number;
  /** Options of the turn, else settings of the chat. */
  options: TurnOptions;
  /** The turn from whose reply this one goes on; null of every other reply. */
  continues: string | null;
};

export type Acquired<V = ReplyVerdict> =
  /** The turn has ended or was deleted: nothing may be written. */
  | { state: 'gone' }
  /** The reply is in the log: its effect is found, and the provider is not asked. */
  | { state: 'landed'; verdict: V }
  | { state: 'stopped'; stop: StopMark }
  /** A later attempt of the same activity holds the lease. */
  | { state: 'superseded' }
  | ({ state: 'held' } & Lease);

/** What the statement returns: the draft's part of the lease, and what the rest of it follows from. */
type DraftRow = Omit<
  Lease,
  'endedWithoutReason' | 'restartReason' | 'chatId' | 'userTurnSeq' | 'options' | 'continues'
> & { failures: number; errorCode: string | null; settings: object };

/** The speaker of a reply, and for an interjection the speaker that it follows. */
export type Speaker = { speakerId: string; interjectionOf?: string | undefined };

/**
 * The draft of an attempt. `step` is part of the request's id and of the key in `model_calls`. Default: the reply's.
 */
export type DraftStep = DraftKey & { step?: string | undefined };

/** An attempt of an activity: the run and id of the activity, and the attempt's number, from 1. */
export type TaskAttempt = { task: string; number: number };

/** Acquires the lease of a reply for one attempt. See `acquireLease`. */
export function acquireReplyLease(
  pool: Pool,
  key: DraftStep,
  speaker: Speaker,
  by: TaskAttempt | null = null,
): Promise<Acquired> {
  return acquireLease(pool, key, speaker, by, landedVerdict);
}

/**
 * Acquires the lease of a draft for one attempt. Takes a new fence, which excludes every earlier attempt. The first
 * attempt stores the speaker and appends `assistant_turn_started`. A worker that was frozen may still begin attempts
 * that Temporal has timed out: these are refused by their number, so that they do not exclude a newer one. The same
 * statement records the model call that the attempt is about to make, unless it resumes a kept response. `findLanded`
 * looks for the effect of an earlier attempt.
 */
export async function acquireLease<V>(
  pool: Pool,
  key: DraftStep,
  speaker: Speaker,
  by: TaskAttempt | null,
  findLanded: (tx: Tx, key: DraftKey) => Promise<V | null>,
): Promise<Acquired<V>> {
  return transaction(pool, async (tx) => {
    const [locked, verdict] = await Promise.all([lockTurn(tx, key.turnId), findLanded(tx, key)]);
    if (!locked) return { state: 'gone' };
    const { turn } = locked;
    if (verdict) return { state: 'landed', verdict };
    if (hasEnded(turn)) return { state: 'gone' };
    if (turn.stop) return { state: 'stopped', stop: turn.stop };
    const { rows } = await tx.query<DraftRow>(
      `with draft as (
         insert into drafts (turn_id, beat, chat_id, speaker_id, user_turn_seq, fence, attempt, asked_attempt, task,
                             task_attempt, interjection_of)
         values ($1, $2, $3, $4, $5, 1, 1, 1, $6, $7, $8)
         on conflict (turn_id, beat) do update
           set fence = drafts.fence + 1, attempt = drafts.attempt + 1, status = 'streaming', updated_at = now(),
               asked_attempt = case when drafts.response_id is null then drafts.attempt + 1 else drafts.asked_attempt end,
               task = excluded.task, task_attempt = excluded.task_attempt
           where drafts.task is distinct from excluded.task or drafts.task_attempt is null
             or drafts.task_attempt <= excluded.task_attempt
         returning fence, epoch, settled, attempt, asked_attempt, speaker_id, response_id, response_seq, response_epoch,
                   on_fallback, ended_attempt, failures, last_error, error_detail, streamed_ms
       ), asked as (
         insert into model_calls (turn_id, step, attempt) select $1, $9, asked_attempt from draft
         on conflict do nothing
       )
       select fence, epoch, settled, attempt, asked_attempt as "askedAttempt", speaker_id as "speakerId", response_id as "responseId",
         response_seq as "responseSeq", response_epoch as "responseEpoch", coalesce(streamed_ms, 0) as "streamedMs", on_fallback as "onFallback",
         attempt > 1 and ended_attempt is distinct from attempt - 1 as lost, failures, last_error as "lastError",
         error_detail ->> 'code' as "errorCode",
         (select coalesce(t.settings, ch.settings) from turns t join chats ch on ch.id = t.chat_id where t.id = $1) as settings
       from draft`,
      [
        key.turnId,
        key.beat,
        turn.chatId,
        speaker.speakerId,
        turn.userTurnSeq,
        by?.task ?? null,
        by?.number ?? null,
        speaker.interjectionOf ?? null,
        key.step ?? stepName.reply(key.beat),
      ],
    );
    if (!rows[0]) return { state: 'superseded' };
    notifyTurnStatus(tx, turn.chatId, turn.id);
    const { failures, errorCode, settings, ...draft } = rows[0];
    const isOfFallback = draft.onFallback && failures === 0;
    if (draft.fence === 1) {
      const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.reply(key.beat) };
      const data = { speakerId: speaker.speakerId, beat: key.beat, userTurnSeq: turn.userTurnSeq };
      await appendEvents(tx, cause, [{ kind: 'assistant_turn_started', data }], STARTED);
    }
    const restartReason = restartReasonOf({ ...draft, failures });
    return {
      state: 'held',
      ...draft,
      endedWithoutReason: errorCode === NO_FINISH_REASON && !isOfFallback,
      restartReason,
      chatId: turn.chatId,
      userTurnSeq: turn.userTurnSeq,
      options: optionsOfReply(storedOptions(turn.options), settings),
      continues: turn.continues ? turn.regenerates : null,
    };
  });
}

/** Seconds from a turn's acceptance, and from when it got the floor, to its first token. */
export type FirstToken = { sinceAccepted: number; sinceStarted: number };

/**
 * Begins a new epoch and deletes the text of earlier ones. Call it before the first token is sent, so that no two texts
 * share an epoch. It may be repeated if the connection was lost. Returns false when a newer attempt holds the fence.
 * `onFirst` is called when the epoch has the turn's first token. Its durations use only the clock of Postgres.
 */
export async function beginEpoch(
  db: Db,
  key: DraftKey,
  fence: number,
  epoch: number,
  onFirst?: (first: FirstToken) => void,
): Promise<boolean> {
  const { rows } = await db.query<FirstToken | { sinceAccepted: null }>(
    `with begun as (
       update drafts set epoch = $4, settled = false, updated_at = now(), first_token_at = coalesce(first_token_at, now())
       where turn_id = $1 and beat = $2 and fence = $3 and status = 'streaming' and epoch <= $4
       returning turn_id, beat, first_token_at = now() and beat = 0 as is_first
     ), dropped as (
       delete from draft_chunks c using begun b where c.turn_id = b.turn_id and c.beat = b.beat and c.epoch < $4
     )
     select extract(epoch from now() - t.created_at)::double precision as "sinceAccepted",
       extract(epoch from now() - t.started_at)::double precision as "sinceStarted"
     from begun b left join turns t on b.is_first and t.id = b.turn_id`,
    [key.turnId, key.beat, fence, epoch],
  );
  if (rows[0] && rows[0].sinceAccepted !== null) onFirst?.(rows[0]);
  return rows.length === 1;
}

/**
 * Records the response that the draft comes from, and the epoch of its text. Call it before the first token is sent.
 * Null: the provider no longer has the response. Returns false when a newer attempt holds the fence.
 * A stream names its response again at its end. The stored event number must stay then: without it, the next attempt
 * would read the response from its first token and append it to the checkpointed text.
 */
export async function recordResponse(
  db: Db,
  key: DraftKey,
  fence: number,
  response: { id: string; epoch: number } | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update drafts set response_seq = case when response_id = $4 then response_seq end,
       response_epoch = case when response_id = $4 then response_epoch else $5 end, response_id = $4,
       last_error = case when $4::text is null then 'response_gone' else last_error end
     where turn_id = $1 and beat = $2 and fence = $3 and status = 'streaming'`,
    [key.turnId, key.beat, fence, response?.id ?? null, response?.epoch ?? null],
  );
  return rowCount === 1;
}

/** The provider's id of the response that the draft comes from, or null. */
export async function readResponseId(db: Db, key: DraftKey): Promise<string | null> {
  const { rows } = await db.query<{ id: string | null }>(
    'select response_id as id from drafts where turn_id = $1 and beat = $2',
    [key.turnId, key.beat],
  );
  return rows[0]?.id ?? null;
}

/**
 * How an attempt ends. `handsOver`: the attempt has not failed, so `last_error`, which is of an earlier one, is
 * cleared. `streamedMs`: how long it streamed, in milliseconds.
 */
export type Release = {
  handsOver?: boolean;
  streamedMs?: number;
  /** Whether all text of the epoch that this attempt, and lost ones before it, sent is checkpointed. */
  settled?: boolean;
};

/**
 * Records the end of an attempt. The epoch stays unsettled if a lost attempt may have sent more text of it than is
 * checkpointed.
 */
export async function releaseLease(
  db: Db,
  key: DraftKey,
  fence: number,
  { handsOver = false, streamedMs = 0, settled = false }: Release = {},
): Promise<void> {
  await db.query(
    `update drafts set settled = settled or $6, ended_attempt = attempt, last_error = case when $4 then null else last_error end,
       streamed_ms = coalesce(streamed_ms, 0) + $5
     where turn_id = $1 and beat = $2 and fence = $3`,
    [key.turnId, key.beat, fence, handsOver, streamedMs, settled],
  );
}

/** The checkpointed text of an epoch, from offset 0 up to the first gap. */
export async function readDraftText(db: Db, key: DraftKey, epoch: number, channel: Channel = 'text'): Promise<string> {
  const { rows } = await db.query<{ offset: number; text: string }>(
    `select "offset", text from draft_chunks
     where turn_id = $1 and beat = $2 and epoch = $3 and channel = $4 order by "offset"`,
    [key.turnId, key.beat, epoch, channel],
  );
  const pieces: string[] = [];
  let length = 0;
  for (const piece of rows) {
    if (piece.offset !== length) break;
    pieces.push(piece.text);
    length += piece.text.length;
  }
  return pieces.join('');
}
