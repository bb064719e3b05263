import type { EndStatus } from '../../domain/turns/endStatus.js';
import { hasEnded } from '../../domain/turns/endStatus.js';
import type { PublicError, TokenUsage, TurnStatus } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

/** A tool call that waits for a person. `arguments`: as JSON text, as the model sent it. */
export type WaitingCallRow = { callId: string; name: string; arguments: string };

/**
 * - `open`: more of the reply may come.
 * - `waiting`: a person has to decide about these calls first.
 * - `over`: all beats are in the log, or the turn has ended. `beats`: how many are in the log.
 */
export type ReplyState =
  | { state: 'open' }
  | { state: 'waiting'; calls: WaitingCallRow[] }
  | { state: 'over'; status: EndStatus | null; beats: number; error: PublicError | null; usage: TokenUsage | null };

type Row = {
  status: TurnStatus;
  kind: string;
  error: PublicError | null;
  usage: TokenUsage | null;
  hasGuest: boolean;
  /** Of the beats in the log, their number; `last` if no other follows the first: it is truncated or empty. */
  landed: number;
  last: boolean;
  interjection: { status: string; verdict: { shouldInterject?: boolean } | null } | null;
  /** The turn was stopped, and its second beat has not begun. */
  stoppedBefore: boolean;
  waiting: WaitingCallRow[] | null;
};

const landedBeats = `from events e where e.chat_id = t.chat_id and e.turn_id = t.id and e.kind = 'assistant_turn'`;

/** Whether more of a turn's reply can come. The follow-ups of the turn may still run. Null when there is no such turn. */
export async function readReplyState(db: Db, turnId: string): Promise<ReplyState | null> {
  const { rows } = await db.query<Row>(
    `select t.status, t.kind, t.error, t.usage, ch.guest_id is not null as "hasGuest",
       (select count(*)::integer ${landedBeats}) as landed,
       coalesce((select bool_or((e.data->>'truncated')::boolean or e.data->>'text' = '') ${landedBeats}), false) as last,
       t.stop is not null and not exists (select from drafts d where d.turn_id = t.id and d.beat = 1 and d.epoch > 0) as "stoppedBefore",
       (select jsonb_build_object('status', s.status, 'verdict', s.verdict) from turn_steps s
        where s.turn_id = t.id and s.name = 'interjection') as interjection,
       (select jsonb_agg(jsonb_build_object('callId', c.call_id, 'name', c.name, 'arguments', c.arguments) order by c.position)
        from tool_calls c where c.turn_id = t.id and c.status = 'awaiting_approval' and c.approved is null) as waiting
     from turns t join chats ch on ch.id = t.chat_id where t.id = $1`,
    [turnId],
  );
  return rows[0] ? stateOf(rows[0]) : null;
}

function stateOf(row: Row): ReplyState {
  const ended = hasEnded(row) ? (row.status as EndStatus) : null;
  const { landed: beats, error, usage } = row;
  if (ended || isSaid(row)) return { state: 'over', status: ended, beats, error, usage };
  return row.waiting ? { state: 'waiting', calls: row.waiting } : { state: 'open' };
}

/** Whether the last beat of the turn is in the log. An interjection whose classifier failed for good is skipped. */
function isSaid({ kind, hasGuest, landed, last, interjection, stoppedBefore }: Row): boolean {
  if (landed === 0) return false;
  if (kind !== 'narrative' || !hasGuest || last || landed > 1) return true;
  if (interjection?.status === 'skipped') return true;
  if (interjection?.status !== 'done') return false;
  return interjection.verdict?.shouldInterject === false || stoppedBefore;
}
