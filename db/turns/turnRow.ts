import type {
  ChatKind,
  PublicError,
  StopMark,
  TokenUsage,
  TurnPhase,
  TurnStatus,
  WhenFailed,
} from '../../domain/turns/turn.js';
import type { TurnOptions } from '../../domain/turns/turnOptions.js';
import type { StartTurn } from '../../domain/turns/workflowStart.js';
import type { Db } from '../core/pool.js';

/** A row of `turns`, as `turnColumns` selects it. */
export type TurnRow = {
  id: string;
  chatId: string;
  owner: string;
  kind: ChatKind;
  status: TurnStatus;
  phase: TurnPhase;
  userTurnSeq: number;
  rank: number;
  requestHash: string;
  /** The turn whose reply this one replaces. */
  regenerates: string | null;
  /** The first of all versions of the turn; its own id if it is no regeneration. */
  rootId: string;
  /** The turn whose user text this one answers. */
  proseId: string;
  /** The turn whose effects this version has: its own id unless a person wrote its text. */
  effectsId: string;
  editText: string | null;
  /** Whether the reply goes on from the text of the version that it replaces. */
  continues: boolean;
  whenFailed: WhenFailed;
  options: TurnOptions;
  stop: StopMark | null;
  error: PublicError | null;
  usage: TokenUsage | null;
  warnings: string[];
  /** The W3C traceparent of the request that posted the turn. Null without tracing. */
  trace: string | null;
  runId: string | null;
  /** The id of the Temporal namespace in which its workflow was started or is about to be started. */
  namespaceId: string | null;
  createdAt: Date;
  startedAt: Date | null;
  openedAt: Date | null;
  finishedAt: Date | null;
  /** The time since which the task of its workflow has failed at every attempt. */
  failingSince: Date | null;
};

export const turnColumns = `t.id, t.chat_id as "chatId", t.owner, t.kind, t.status, t.phase,
  t.user_turn_seq as "userTurnSeq", t.rank, t.request_hash as "requestHash", t.when_failed as "whenFailed", t.options, t.regenerates, t.root_id as "rootId", t.prose_id as "proseId", coalesce(t.effects_id, t.id) as "effectsId",
  t.edit_text as "editText", t.continues,
  t.stop, t.error, t.usage, t.warnings, t.trace, t.run_id as "runId", t.namespace_id as "namespaceId",
  t.created_at as "createdAt",
  t.started_at as "startedAt", t.opened_at as "openedAt", t.finished_at as "finishedAt",
  t.failing_since as "failingSince"`;

/** Reads a turn's row. Null when there is no such turn. */
export async function readTurnRow(db: Db, turnId: string): Promise<TurnRow | null> {
  const { rows } = await db.query<TurnRow>(`select ${turnColumns} from turns t where t.id = $1`, [turnId]);
  return rows[0] ?? null;
}

/** Maps a row to what starting its workflow needs. */
export function toStart(turn: TurnRow, speaker: string | null): StartTurn {
  const { id: turnId, chatId, owner, kind, namespaceId, trace } = turn;
  return { turnId, chatId, owner, kind, speaker, namespaceId, ...(trace ? { trace } : {}) };
}
