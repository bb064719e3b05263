import type { Namespace } from '../../domain/turns/reconcile.js';
import type { Db, Pool } from '../core/pool.js';

/** What a pass of the reconciler stores, for the next pass, `/readyz` and metrics. */
export type StoredPass = { namespace: Namespace; elsewhere: number; missing: number };

/** Stores the result of a pass, and the turn after which the next one continues (null: from the first). */
export async function storePass(pool: Pool, pass: StoredPass, resumeAfter: string | null): Promise<void> {
  const { namespace, elsewhere, missing } = pass;
  await pool.query(
    `with seen as (
       insert into temporal_namespaces (id, name, cluster_id) values ($1, $2, $3)
       on conflict (id) do update
         set name = $2, cluster_id = coalesce($3, temporal_namespaces.cluster_id), last_seen_at = now()
     )
     insert into reconciler (namespace_id, elsewhere, missing, resume_after, passes) values ($1, $4, $5, $6, 1)
     on conflict (only_row) do update
       set namespace_id = $1, elsewhere = $4, missing = $5, resume_after = $6, passed_at = now(), passes = reconciler.passes + 1`,
    [namespace.id, namespace.name, namespace.clusterId, elsewhere, missing, resumeAfter],
  );
}

/** `passes`: how many there were. Of the last one its namespace, and the turn after which the next one continues. */
type LastPass = { namespaceId: string | null; resumeAfter: string | null; passes: number };

/** Reads the last pass. Null: there was none, and the next one begins with the first turn. */
export async function readLastPass(db: Db): Promise<LastPass> {
  const { rows } = await db.query<LastPass>(
    'select namespace_id as "namespaceId", resume_after as "resumeAfter", passes from reconciler',
    [],
  );
  return rows[0] ?? { namespaceId: null, resumeAfter: null, passes: 0 };
}

/** Counts of turns that wait for an operator: started in another namespace, or among too many missing ones. */
export type Refused = { elsewhere: number; missing: number };

/** Reads the counts: `elsewhere` as of now, `missing` of the last pass. */
export async function readRefused(db: Db, namespaceId: string): Promise<Refused> {
  const { rows } = await db.query<Refused>(
    `select
       (select count(*) from turns
        where status in ('running', 'awaiting_operator') and namespace_id is not null and namespace_id <> $1) as elsewhere,
       coalesce((select missing from reconciler where namespace_id = $1), 0) as missing`,
    [namespaceId],
  );
  return rows[0] ?? { elsewhere: 0, missing: 0 };
}

/** The namespaces in which turns that have not ended were started, those with the most turns first. */
export async function readNamespacesOfTurns(
  db: Db,
): Promise<
  { id: string | null; name: string | null; clusterId: string | null; lastSeenAt: Date | null; turns: number }[]
> {
  const { rows } = await db.query(
    `select t.namespace_id as id, n.name, n.cluster_id as "clusterId", n.last_seen_at as "lastSeenAt", count(*) as turns
     from turns t left join temporal_namespaces n on n.id = t.namespace_id
     where t.status in ('running', 'awaiting_operator')
     group by t.namespace_id, n.name, n.cluster_id, n.last_seen_at order by count(*) desc`,
    [],
  );
  return rows;
}
