import type { Channel, DraftKey } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { type RestartReason, restartReasonOf } from '../../domain/turns/restartReasons.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { StopMark } from '../../domain/turns/turn.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import type { ReplyVerdict } from '../../domain/turns/verdict.js';
import { type Db, type Pool, type Tx, transaction } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';
import { lockTurn } from '../turns/lockTurn.js';
import { landedVerdict } from './landedVerdict.js';
import { STARTED } from './replyEventNumbers.js';

/**
 * The right of one attempt to write a draft. `fence` is its fencing token: a later attempt takes the next one, and writes
 * with an older one are refused. A lease has no time limit; Temporal's heartbeats say when an attempt is dead.
 */
export type Lease = {
  fence: number;
  epoch: number;
  /** Whether all that was sent of the epoch is checkpointed. */
  settled: boolean;
  attempt: number;
  /** The attempt whose request the draft comes from: an earlier one where a kept response is resumed. */
  askedAttempt: number;
  /** The response that the draft comes from, at a provider that keeps it. */
  responseId: string | null;
  responseSeq: number | null;
  /** The epoch that holds the response's text, or will once it begins; null for the current one. */
  responseEpoch: number | null;
  /** How long earlier attempts streamed, in milliseconds, without those that were lost with their workers. */
  streamedMs: number;
  /** Whether the attempts at the first provider are used up, and another one is asked. */
  onFallback: boolean;
  /** Whether the attempt before did not record its end: it was lost with its worker, or still runs. */
  lost: boolean;
  /** Why viewers' text is replaced, if this attempt cannot continue it. */
  restartReason: RestartReason;
  chatId: string;
  speakerId: string;
  userTurnSeq: number;
  /** Of the turn. */
  options: TurnOptions;
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

type DraftRow = {
  fence: number;
  epoch: number;
  settled: boolean;
  attempt: number;
  askedAttempt: number;
  speakerId: string;
  responseId: string | null;
  responseSeq: number | null;
  responseEpoch: number | null;
  streamedMs: number;
  onFallback: boolean;
  lost: boolean;
  failures: number;
  lastError: string | null;
};

/** Who is to speak, and whom they interject on. */
export type Speaker = { speakerId: string; interjectionOf?: string | undefined };

/** What an attempt is of: `step` names it to the provider, and in the record of its calls. */
export type DraftStep = DraftKey & { step?: string | undefined };

/** An attempt of an activity, as Temporal counts them from 1. */
export type TaskAttempt = { task: string; number: number };

/** Acquires the lease of a reply. */
export function acquireReplyLease(
  pool: Pool,
  key: DraftStep,
  speaker: Speaker,
  by: TaskAttempt | null = null,
): Promise<Acquired> {
  return acquireLease(pool, key, speaker, by, landedVerdict);
}

/**
 * Acquires the lease of a draft for one attempt: a new fence, which excludes every attempt before it, and
 * `assistant_turn_started` the first time. The speaker counts the first time only. A worker that was frozen may find
 * attempts in its inbox that the server gave up long ago: by their number they are refused, so that they do not exclude
 * a newer one. The same statement records the call of the model that the attempt is about to make, unless it resumes a
 * kept response. `findLanded` looks for the effect of an earlier attempt.
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
                   on_fallback, ended_attempt, failures, last_error, streamed_ms
       ), asked as (
         insert into model_calls (turn_id, step, attempt) select $1, $9, asked_attempt from draft
         on conflict do nothing
       ), told as materialized (
         select pg_notify('turn_status', $3 || ':' || $1) from draft
       )
       select fence, epoch, settled, attempt, asked_attempt as "askedAttempt", speaker_id as "speakerId", response_id as "responseId",
         response_seq as "responseSeq", response_epoch as "responseEpoch", coalesce(streamed_ms, 0) as "streamedMs", on_fallback as "onFallback",
         attempt > 1 and ended_attempt is distinct from attempt - 1 as lost, failures, last_error as "lastError"
       from draft, told`,
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
    const { failures, lastError, ...draft } = rows[0];
    if (draft.fence === 1) {
      const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.reply(key.beat) };
      const data = { speakerId: speaker.speakerId, beat: key.beat, userTurnSeq: turn.userTurnSeq };
      await appendEvents(tx, cause, [{ kind: 'assistant_turn_started', data }], STARTED);
    }
    const restartReason = restartReasonOf({ ...draft, failures, lastError });
    return {
      state: 'held',
      ...draft,
      restartReason,
      chatId: turn.chatId,
      userTurnSeq: turn.userTurnSeq,
      options: turn.options,
    };
  });
}

/** How long a turn's first token took, in seconds: since it was accepted, and since it got the floor. */
export type FirstToken = { sinceAccepted: number; sinceStarted: number };

/**
 * Begins a new epoch, before its first token is passed on, so that no two drafts ever share a number. The
 * draft before it goes. False when a newer attempt holds the fence. May be called again when an answer was lost.
 * `onFirst` is told when it is the first of the turn: by the clock of Postgres alone.
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
 * Records which response the draft comes from, before its first token is passed on, and the epoch that its text will
 * stand in; null: the provider no longer has it.
 * A stream names its response again at its end. The number of the newest kept event stays then, or the next attempt
 * would read the response from its first token and append it to the text that is kept.
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

export async function readResponseId(db: Db, key: DraftKey): Promise<string | null> {
  const { rows } = await db.query<{ id: string | null }>(
    'select response_id as id from drafts where turn_id = $1 and beat = $2',
    [key.turnId, key.beat],
  );
  return rows[0]?.id ?? null;
}

/** How an attempt ends. One that hands over has not failed: `last_error` is cleared, so that an earlier failure is not taken for its own. */
export type Release = {
  handsOver?: boolean;
  streamedMs?: number;
  /** Whether the checkpoints hold all that was sent of the epoch, by this attempt and by lost ones before it. */
  settled?: boolean;
};

/**
 * Records that the attempt has ended after streaming for so long. An epoch stays unsettled where a lost attempt may have
 * sent more of it than is checkpointed.
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

/** The text of an epoch as far as it is checkpointed: the pieces from offset 0 on without a gap. */
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
