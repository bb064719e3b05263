import type { ChatKind, TurnStatus } from '../../domain/turns/turn.js';
import type { Db } from '../core/pool.js';

/** Counts of turns that have not ended, with the age of the oldest in seconds. */
export type OpenTurns = {
  turns: { kind: ChatKind; status: TurnStatus; count: number; oldestSeconds: number }[];
  /** Chats in which a turn waits for the floor, and the length of the longest queue. */
  queues: { chats: number; longest: number };
  /** Stuck steps by the first part of their names. */
  stuckSteps: { step: string; count: number; oldestSeconds: number }[];
  /** Tool calls that wait for a person's decision. */
  approvals: number;
  /** Turns whose workflow task fails at every attempt. */
  failing: { kind: ChatKind; count: number; oldestSeconds: number }[];
  /** Turns that the last pass of the reconciler refused to close. */
  refused: { reason: 'other_namespace' | 'not_found'; count: number }[];
};

type Row = { what: keyof OpenTurns; a: string | null; b: string | null; count: number; number: number | null };

/**
 * Counts open turns, steps and approvals in one statement. Each part reads an index that has only open rows, so that
 * the cost does not grow with the number of turns that have ended.
 */
export async function readOpenTurns(db: Db): Promise<OpenTurns> {
  const { rows } = await db.query<Row>(
    `select 'turns' as what, kind as a, status as b, count(*) as count,
       extract(epoch from now() - min(created_at))::double precision as number
     from turns where status = 'queued' group by kind, status
     union all
     select 'turns', kind, status, count(*), extract(epoch from now() - min(coalesce(started_at, created_at)))
     from turns where status in ('running', 'awaiting_operator') group by kind, status
     union all
     select 'queues', null, null, count(*), max(waiting)
     from (select count(*) as waiting from turns where status = 'queued' group by chat_id) as queue
     union all
     select 'stuckSteps', split_part(s.name, ':', 1), null, count(*), extract(epoch from now() - min(s.updated_at))
     from turn_steps s join turns t on t.id = s.turn_id
     where s.status = 'stuck' and t.status in ('running', 'awaiting_operator') group by 2
     union all
     select 'approvals', null, null, count(*), null
     from tool_calls c join turns t on t.id = c.turn_id
     where c.status = 'awaiting_approval' and c.approved is null and t.status in ('running', 'awaiting_operator')
     union all
     select 'failing', kind, null, count(*), extract(epoch from now() - min(failing_since))
     from turns where status in ('running', 'awaiting_operator') and failing_since is not null group by kind
     union all
     select 'refused', reason, null, turns, null
     from reconciler cross join lateral (values ('other_namespace', elsewhere), ('not_found', missing)) as r(reason, turns)`,
    [],
  );
  const of = (what: Row['what']) => rows.filter((row) => row.what === what);
  const [queues] = of('queues');
  return {
    turns: of('turns').map(({ a, b, count, number }) => ({
      kind: a as ChatKind,
      status: b as TurnStatus,
      count,
      oldestSeconds: number ?? 0,
    })),
    queues: { chats: queues?.count ?? 0, longest: queues?.number ?? 0 },
    stuckSteps: of('stuckSteps').map(({ a, count, number }) => ({ step: a ?? '', count, oldestSeconds: number ?? 0 })),
    approvals: of('approvals')[0]?.count ?? 0,
    failing: of('failing').map(({ a, count, number }) => ({ kind: a as ChatKind, count, oldestSeconds: number ?? 0 })),
    refused: of('refused').map(({ a, count }) => ({ reason: a as OpenTurns['refused'][number]['reason'], count })),
  };
}
