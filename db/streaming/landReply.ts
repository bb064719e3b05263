import { clientCallIds } from '../../domain/agents/clientFunctions.js';
import { withErrorLine } from '../../domain/log/errorLine.js';
import type { AgentStep } from '../../domain/log/events.js';
import type { DraftKey } from '../../domain/log/frames.js';
import type { RelayInfo } from '../../domain/relay/relay.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { stepName } from '../../domain/turns/stepName.js';
import type { ErrorDetail, PublicError, TokenUsage } from '../../domain/turns/turn.js';
import { goneVerdict, type ReplyVerdict, stoppedVerdict } from '../../domain/turns/verdict.js';
import { readAgentReply } from '../agents/agentReply.js';
import { type Pool, type Tx, transaction } from '../core/pool.js';
import { appendEvents } from '../timeline/log.js';
import { supersede } from '../timeline/versions/supersede.js';
import { lockTurn } from '../turns/lockTurn.js';
import type { TurnRow } from '../turns/turnRow.js';
import { landedVerdict, verdictOf } from './landedVerdict.js';
import { readDraftText } from './leases.js';
import { settleCall } from './modelCalls.js';
import { LANDED, STARTED } from './replyEventNumbers.js';
import { usageOfReply } from './usageOfReply.js';

/** A whole reply, as its attempt received it. */
export type Reply = {
  text: string;
  truncated: boolean;
  model: string;
  /** Usage of the call that wrote it, and the epoch whose text that call continued. */
  usage?: TokenUsage | undefined;
  continuedEpoch?: number | undefined;
  error?: PublicError | undefined;
  /** Steps of an agent's reply. */
  steps?: AgentStep[] | undefined;
  /** Of a relayed reply. With `paneSpawned` the upstream has started a new session without the earlier messages. */
  relay?: { info: RelayInfo; paneSpawned: boolean } | undefined;
};

type DraftRow = {
  fence: number;
  epoch: number;
  settled: boolean;
  askedAttempt: number;
  speakerId: string;
  interjectionOf: string | null;
  lastError: string | null;
  errorDetail: ErrorDetail | null;
};

/**
 * Appends the `assistant_turn` of the attempt that holds `fence`, and deletes its checkpoints. Lands once: if the event
 * is in the log, returns its verdict. Writes nothing when the turn has ended, or when a newer attempt holds the fence.
 */
export async function landReply(
  pool: Pool,
  key: DraftKey,
  fence: number,
  reply: Reply,
): Promise<ReplyVerdict | 'superseded'> {
  return transaction(pool, async (tx) => {
    const [locked, landed, draft] = await Promise.all([
      lockTurn(tx, key.turnId),
      landedVerdict(tx, key),
      lockDraft(tx, key),
    ]);
    if (landed) return landed;
    if (!locked) return goneVerdict;
    if (hasEnded(locked.turn)) return goneVerdict;
    if (draft?.fence !== fence) return 'superseded';
    const call = { turnId: key.turnId, step: stepName.reply(key.beat), attempt: draft.askedAttempt };
    const used = reply.text.trim() !== '';
    await settleCall(tx, call, { usage: reply.usage ?? null, used });
    if (keepsOldVersion(locked.turn, key.beat, reply.text)) return notLandedVerdict(reply);
    const usage = await usageOfReply(tx, locked.turn, key.beat, used ? [draft.epoch, reply.continuedEpoch ?? 0] : []);
    await appendReply(tx, locked.turn, key.beat, draft, { ...reply, usage });
    return verdictOf(reply);
  });
}

/** Why a reply is closed in place of its attempts. Without an error it was stopped. */
export type Closing = {
  model: string;
  /** Whether the reply is cut short. Default: true. */
  truncated?: boolean | undefined;
  error?: PublicError | undefined;
  speakerId?: string | undefined;
};

/**
 * Closes a reply in place of its attempts, after a stop, a failure or a lost workflow. Takes a new fence and appends
 * the checkpointed text. If viewers may have received more text than that, the epoch is raised, so that they drop the
 * rest. Appends no `assistant_turn` if there is neither text nor an error.
 */
export async function closeReply(pool: Pool, key: DraftKey, closing: Closing): Promise<ReplyVerdict> {
  return transaction(pool, async (tx) => {
    const locked = await lockTurn(tx, key.turnId);
    return locked ? closeInTransaction(tx, locked.turn, key, closing) : goneVerdict;
  });
}

/** Does the work of `closeReply`. The caller holds the chat's lock. */
export async function closeInTransaction(
  tx: Tx,
  turn: TurnRow,
  key: DraftKey,
  closing: Closing,
): Promise<ReplyVerdict> {
  const landed = await landedVerdict(tx, key);
  if (landed) return landed;
  if (hasEnded(turn)) return goneVerdict;
  const draft = (await lockDraft(tx, key)) ?? (await emptyDraft(tx, turn, key, closing));
  const text = draft && draft.epoch > 0 ? await readDraftText(tx, key, draft.epoch) : '';
  await tx.query('update drafts set fence = fence + 1 where turn_id = $1 and beat = $2', [key.turnId, key.beat]);
  const error = closing.error && withDetail(closing.error, draft);
  const epochs = epochsOf(draft ?? { epoch: 0, settled: true });
  const done = turn.kind === 'agent' ? await readAgentReply(tx, turn.id, epochs) : null;
  if (!draft || (text === '' && !error && !done?.steps.length)) return stoppedVerdict;
  const reply: Reply = {
    text: turn.kind === 'document' && error ? withErrorLine(text, error) : text,
    truncated: closing.truncated ?? true,
    model: done?.model ?? closing.model,
    error,
    steps: done?.steps,
  };
  if (keepsOldVersion(turn, key.beat, text) && !asksClient(reply)) return notLandedVerdict(reply);
  const kept = text !== '' || Boolean(done?.steps.length);
  reply.usage = await usageOfReply(tx, turn, key.beat, kept ? [draft.epoch] : []);
  await appendReply(tx, turn, key.beat, { ...draft, epoch: epochs.landsAs }, reply);
  return verdictOf(reply);
}

/** The epoch whose text is kept, and the one that the reply ends: another one where viewers may have received more. */
const epochsOf = ({ epoch, settled }: Pick<DraftRow, 'epoch' | 'settled'>) => ({
  epoch,
  landsAs: settled ? epoch : epoch + 1,
});

/**
 * Whether the reply should replace another one but has no text: the old one stays, and the turn's end has the error.
 */
const keepsOldVersion = (turn: TurnRow, beat: number, text: string) =>
  turn.regenerates !== null && beat === 0 && text === '';

/** Whether the reply ends with calls that the client runs. */
const asksClient = ({ truncated, steps = [] }: Reply): boolean => !truncated && clientCallIds(steps).size > 0;

const notLandedVerdict = (reply: {
  text: string;
  truncated: boolean;
  error?: PublicError | undefined;
}): ReplyVerdict => ({
  ...verdictOf(reply),
  landed: false,
});

/** Adds the provider's codes, if the reply ends with the same error as its newest failed attempt. */
function withDetail(error: PublicError, draft: DraftRow | null): PublicError {
  return draft?.errorDetail && draft.lastError === error.code ? { ...error, detail: draft.errorDetail } : error;
}

async function lockDraft(tx: Tx, key: DraftKey): Promise<DraftRow | null> {
  const { rows } = await tx.query<DraftRow>(
    `select fence, epoch, settled, asked_attempt as "askedAttempt", speaker_id as "speakerId",
       interjection_of as "interjectionOf", last_error as "lastError", error_detail as "errorDetail"
     from drafts where turn_id = $1 and beat = $2 for no key update`,
    [key.turnId, key.beat],
  );
  return rows[0] ?? null;
}

/** Inserts the draft of a reply that failed before its first attempt began, so that its error is in the log. */
async function emptyDraft(tx: Tx, turn: TurnRow, key: DraftKey, closing: Closing): Promise<DraftRow | null> {
  const { speakerId } = closing;
  if (!speakerId || !closing.error) return null;
  await tx.query('insert into drafts (turn_id, beat, chat_id, speaker_id, user_turn_seq) values ($1, $2, $3, $4, $5)', [
    key.turnId,
    key.beat,
    turn.chatId,
    speakerId,
    turn.userTurnSeq,
  ]);
  const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.reply(key.beat) };
  const data = { speakerId, beat: key.beat, userTurnSeq: turn.userTurnSeq };
  await appendEvents(tx, cause, [{ kind: 'assistant_turn_started', data }], STARTED);
  const none = { askedAttempt: 0, interjectionOf: null, lastError: null, errorDetail: null };
  return { fence: 0, epoch: 0, settled: true, speakerId, ...none };
}

async function appendReply(tx: Tx, turn: TurnRow, beat: number, draft: DraftRow, reply: Reply): Promise<void> {
  const cause = { chatId: turn.chatId, turnId: turn.id, step: stepName.reply(beat) };
  const data = {
    speakerId: draft.speakerId,
    ...(draft.interjectionOf ? { interjectionOf: draft.interjectionOf } : {}),
    beat,
    text: reply.text,
    truncated: reply.truncated,
    userTurnSeq: turn.userTurnSeq,
    model: reply.model,
    ...(reply.usage ? { usage: reply.usage } : {}),
    ...(reply.error ? { error: reply.error } : {}),
    ...(reply.steps ? { steps: reply.steps } : {}),
    ...(reply.relay ? { relay: reply.relay.info } : {}),
  };
  if (turn.regenerates !== null && beat === 0) await supersede(tx, turn);
  await appendEvents(tx, cause, [{ kind: 'assistant_turn', data }], LANDED);
  // A whole reply means that the upstream's session has the history, unless the upstream has started a new session.
  if (reply.relay && !reply.truncated)
    await tx.query('update chats set relay_primed = $2 where id = $1', [turn.chatId, !reply.relay.paneSpawned]);
  await tx.query(
    `with landed as (
       update drafts set status = 'landed', settled = true, epoch = $3, updated_at = now()
       where turn_id = $1 and beat = $2
     ), followed as (
       update turns set phase = 'following_up' where id = $1 and phase = 'replying'
     )
     delete from draft_chunks where turn_id = $1 and beat = $2`,
    [turn.id, beat, draft.epoch],
  );
}
