import { isFailureCode, toPublicError } from '../../domain/log/failures.js';
import type { StepView } from '../../domain/log/frames.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import { stepFamily } from '../../domain/turns/stepFamily.js';
import { stepName } from '../../domain/turns/stepName.js';
import type {
  ErrorDetail,
  PublicError,
  StepStatus,
  TokenUsage,
  TurnPhase,
  TurnStatus,
} from '../../domain/turns/turn.js';
import { type AgentRows, agentRowsColumn, toAgentSteps } from '../agents/agentView.js';
import type { Db } from '../core/pool.js';
import { type StepRow, stepRowsColumn, toStepView } from './steps.js';
import { type TurnRow, turnColumns } from './turnRow.js';

/** A beat in the turn's resource. `text` is that of the event if the reply has landed, else the checkpointed text. */
export type BeatView = {
  beat: number;
  speakerId: string;
  epoch: number;
  attempt: number;
  /** The status of the reply's step. */
  status: StepStatus;
  text: string;
  truncated: boolean;
  seq?: number;
};

/** The part of `GET /v1/turns/:id` that comes from Postgres. Times are ISO 8601 UTC. */
export type TurnView = {
  id: string;
  chatId: string;
  kind: string;
  status: TurnStatus;
  phase: TurnPhase;
  queuePosition?: number;
  userTurnSeq: number;
  /** The turn whose reply this one replaces or will replace. */
  regenerates?: string;
  beats: BeatView[];
  steps: StepView[];
  usage: TokenUsage | null;
  warnings: string[];
  error?: PublicError;
  workflowId: string;
  runId?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
};

type DraftView = Omit<BeatView, 'status' | 'text' | 'truncated' | 'seq'> & {
  status: 'streaming' | 'landed' | 'closed';
  lastError: string | null;
  errorDetail: ErrorDetail | null;
};

/** The drafts and steps of a turn, as `turns.ended_state` keeps them once their rows are removed (`trimTurns.ts`). */
export type TurnState = { drafts: DraftView[]; steps: StepView[] };

type StateRows = { drafts: DraftView[]; steps: StepRow[]; agent: AgentRows | null };

/** `StateRows` of the turn `t` as JSON: one statement reads a turn with its state. */
const stateRowsColumn = `jsonb_build_object('agent', ${agentRowsColumn}, 'steps', ${stepRowsColumn},
  'drafts', (select coalesce(jsonb_agg(jsonb_build_object('beat', beat, 'speakerId', speaker_id, 'epoch', epoch,
      'attempt', attempt, 'status', d.status, 'lastError', last_error, 'errorDetail', error_detail) order by beat), '[]')
    from drafts d where turn_id = t.id))`;

/** Of the turn `t`: its state as it is kept, or the rows from which it is made. */
const stateColumns = `t.ended_state as "endedState",
  case when t.ended_state is null then ${stateRowsColumn} end as "stateRows"`;

type TurnWithState = TurnRow &
  ({ endedState: TurnState; stateRows: null } | { endedState: null; stateRows: StateRows });

/** Reads the drafts and steps of turns from their own rows. */
export async function readStates(db: Db, turns: TurnRow[]): Promise<TurnState[]> {
  const { rows } = await db.query<{ id: string; stateRows: StateRows }>(
    `select t.id, ${stateRowsColumn} as "stateRows" from turns t where t.id = any($1)`,
    [turns.map(({ id }) => id)],
  );
  const found = new Map(rows.map((row) => [row.id, row.stateRows]));
  return turns.map((turn) => toState(turn, found.get(turn.id) ?? { drafts: [], steps: [], agent: null }));
}

const stateOf = (turn: TurnWithState): TurnState => turn.endedState ?? toState(turn, turn.stateRows);

function toState(turn: TurnRow, { drafts, steps, agent }: StateRows): TurnState {
  return { drafts, steps: orderSteps(turn, { drafts, steps: steps.map(toStepView), agent }) };
}

/** Reads a turn as its resource. Null when the owner has no such turn. */
export async function readTurn(db: Db, which: { turnId: string; owner: string }): Promise<TurnView | null> {
  const { rows } = await db.query<TurnWithState>(
    `select ${turnColumns}, ${stateColumns} from turns t join chats c on c.id = t.chat_id
     where t.id = $1 and t.owner = $2`,
    [which.turnId, which.owner],
  );
  const turn = rows[0];
  if (!turn) return null;
  const { drafts, steps } = stateOf(turn);
  const beats = await readBeats(db, turn, drafts, steps);
  const position = turn.status === 'queued' ? { queuePosition: await queuePosition(db, turn) } : {};
  return { ...fromRow(turn), ...position, beats, steps };
}

function fromRow(turn: TurnRow): Omit<TurnView, 'beats' | 'steps' | 'queuePosition'> {
  return {
    id: turn.id,
    chatId: turn.chatId,
    kind: turn.kind,
    status: turn.status,
    phase: turn.phase,
    userTurnSeq: turn.userTurnSeq,
    ...(turn.regenerates ? { regenerates: turn.regenerates } : {}),
    usage: turn.usage,
    warnings: turn.warnings,
    workflowId: turn.id,
    createdAt: turn.createdAt.toISOString(),
    ...(turn.error ? { error: turn.error } : {}),
    ...(turn.runId ? { runId: turn.runId } : {}),
    ...(turn.startedAt ? { startedAt: turn.startedAt.toISOString() } : {}),
    ...(turn.finishedAt ? { finishedAt: turn.finishedAt.toISOString() } : {}),
  };
}

/** Reads the status, phase and steps of a turn, for a `status` frame. Null when there is no such turn. */
export async function readTurnStatus(
  db: Db,
  turnId: string,
): Promise<{ turnId: string; status: TurnStatus; phase: TurnPhase; steps: StepView[] } | null> {
  const { rows } = await db.query<TurnWithState>(
    `select ${turnColumns}, ${stateColumns} from turns t where t.id = $1`,
    [turnId],
  );
  const turn = rows[0];
  if (!turn) return null;
  return { turnId, status: turn.status, phase: turn.phase, steps: stateOf(turn).steps };
}

async function readBeats(db: Db, turn: TurnRow, drafts: DraftView[], steps: StepView[]): Promise<BeatView[]> {
  // Read the checkpoints before the log: a reply that lands in between is then found in the log.
  const checkpointed = drafts.some(({ status }) => status !== 'landed') ? await readCheckpoints(db, turn.id) : [];
  const landed = await db.query<LandedBeat>(
    `select seq, (data->>'beat')::integer as beat, data->>'speakerId' as "speakerId", data->>'text' as text,
       (data->>'truncated')::boolean as truncated
     from events where chat_id = $1 and turn_id = $2 and kind = 'assistant_turn' order by seq`,
    [turn.chatId, turn.id],
  );
  const drafted = drafts.map((row) => {
    const { lastError: _, errorDetail: __, status: ___, ...draft } = row;
    if (turn.kind === 'agent' && draft.attempt === 0) draft.attempt = attemptsOfReply(steps);
    const event = landed.rows.find((row) => row.beat === draft.beat);
    const text = event?.text ?? checkpointed.find((row) => row.beat === draft.beat)?.text ?? '';
    const status = beatStatus(turn, row, steps);
    return { ...draft, status, text, truncated: event?.truncated ?? false, ...(event ? { seq: event.seq } : {}) };
  });
  const copied = landed.rows.filter((row) => drafts.every((draft) => draft.beat !== row.beat));
  return [...drafted, ...copied.map((row) => ({ ...row, ...withoutDraft }))];
}

async function readCheckpoints(db: Db, turnId: string): Promise<{ beat: number; text: string }[]> {
  const { rows } = await db.query<{ beat: number; text: string }>(
    `select c.beat, string_agg(c.text, '' order by c."offset") as text
     from draft_chunks c join drafts d on d.turn_id = c.turn_id and d.beat = c.beat and d.epoch = c.epoch
     where c.turn_id = $1 and c.channel = 'text' group by c.beat`,
    [turnId],
  );
  return rows;
}

/** An agent's draft counts the attempts of each iteration from 0: those of the newest one that has landed. */
const attemptsOfReply = (steps: StepView[]): number =>
  steps.findLast(({ name }) => stepFamily(name) === 'reply')?.attempts ?? 0;

/** The status of the beat's reply. An agent's reply has the status of its newest iteration. */
function beatStatus(turn: TurnRow, draft: DraftView, steps: StepView[]): StepStatus {
  if (turn.kind === 'agent') return replyStep(draft, turn).status;
  return steps.find((step) => step.name === stepName.reply(draft.beat))?.status ?? 'done';
}

type LandedBeat = { seq: number; beat: number; speakerId: string; text: string; truncated: boolean };

/** Copied turns of a fork have no drafts. Their beats come from the log. */
const withoutDraft = { epoch: 0, attempt: 0, status: 'done' } as const;

/**
 * Steps before the reply, then the replies, then the follow-ups. A parked reply has a row in `turn_steps`, which
 * counts.
 */
function orderSteps(turn: TurnRow, rows: TurnState & { agent: AgentRows | null }): StepView[] {
  const { drafts, steps, agent } = rows;
  const drafted = drafts.map((draft) => replyStep(draft, turn));
  const own = agent ? toAgentSteps(agent, hasEnded(turn), drafted[0]) : drafted;
  const named = new Set(own.map((step) => step.name));
  const replies = withTurnError(own, turn).filter(
    (reply) => !steps.some((step) => step.name === reply.name && step.status === 'stuck'),
  );
  const before = steps.filter((step) => step.name === stepName.parse || step.name === stepName.addressee);
  const after = steps.filter((step) => !before.includes(step) && (step.status === 'stuck' || !named.has(step.name)));
  return [...before, ...replies, ...after];
}

/** A reply that ended with an error is done: what it kept has landed. The last one has the error of the turn. */
function withTurnError(replies: StepView[], { error }: TurnRow): StepView[] {
  const last = replies.findLastIndex(({ name }) => stepFamily(name) === 'reply');
  const step = replies[last];
  return error && step?.status === 'done' && !step.error ? replies.with(last, { ...step, error }) : replies;
}

function replyStep(draft: DraftView, turn: TurnRow): StepView {
  const retrying = draft.lastError !== null && draft.status === 'streaming';
  const status: StepStatus =
    draft.status === 'landed'
      ? 'done'
      : draft.status === 'closed' || hasEnded(turn)
        ? 'skipped'
        : retrying
          ? 'retrying'
          : 'running';
  const code = draft.lastError;
  const error = code && status !== 'done' ? { error: errorOf(code, draft.errorDetail) } : {};
  return { name: stepName.reply(draft.beat), status, attempts: draft.attempt, ...error };
}

const errorOf = (code: string, detail: ErrorDetail | null): PublicError =>
  isFailureCode(code) ? toPublicError(code, detail) : { code, message: code };

async function queuePosition(db: Db, turn: TurnRow): Promise<number> {
  const { rows } = await db.query<{ position: number }>(
    "select count(*) as position from turns where chat_id = $1 and status = 'queued' and rank <= $2",
    [turn.chatId, turn.rank],
  );
  return rows[0]!.position;
}
