import type { CopyPlan } from '../../../domain/timeline/copy.js';
import { newId } from '../../core/ids.js';
import type { Tx } from '../../core/pool.js';

/** How many turns are copied at a time. */
const TURNS = 2_000;

/**
 * Inserts a row for each copied turn, as its active version ended. Returns the new ids, by the root in the source.
 * `activeOf` gives the active version of a root.
 */
export async function copyTurns(
  tx: Tx,
  forkId: string,
  { userTurns }: CopyPlan,
  activeOf: (rootId: string) => string,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (let at = 0; at < userTurns.length; at += TURNS) {
    const part = userTurns.slice(at, at + TURNS);
    for (const { turnId } of part) ids.set(turnId, newId('turn'));
    await tx.query(
      `insert into turns (id, root_id, prose_id, chat_id, owner, kind, status, phase, rank, user_turn_seq, request_hash,
                          when_failed, options, client_functions, error, usage, warnings, created_at, started_at, opened_at, finished_at)
       select c.id, c.id, c.id, $1, t.owner, t.kind,
              case when t.status in ('completed', 'cancelled', 'failed') then t.status else 'completed' end, 'done',
              c.seq, c.seq, t.request_hash, t.when_failed, t.options, t.client_functions, t.error, t.usage, t.warnings, t.created_at, t.started_at,
              t.opened_at, coalesce(t.finished_at, now())
       from unnest($2::text[], $3::text[], $4::integer[]) as c(source_id, id, seq) join turns t on t.id = c.source_id`,
      [
        forkId,
        part.map(({ turnId }) => activeOf(turnId)),
        part.map(({ turnId }) => ids.get(turnId)),
        part.map(({ seq }) => seq),
      ],
    );
  }
  return ids;
}
