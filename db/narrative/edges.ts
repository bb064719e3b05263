import type { Edge } from '../../domain/narrative/edge.js';
import { maxPageBytes, type Page } from '../core/page.js';
import type { Db } from '../core/pool.js';

type EdgeRow = Omit<Edge, 'lastInteractionAt'> & { lastInteractionAt: Date | null };

const columns = `source_id as "sourceId", target_id as "targetId", affinity, trust, summary,
  knowledge_facts as "knowledgeFacts", last_interaction_at as "lastInteractionAt"`;

const toEdge = (row: EdgeRow): Edge => ({ ...row, lastInteractionAt: row.lastInteractionAt?.toISOString() ?? null });

/** All edges of the chat `$1` as JSON, by source and then target: `edgesOf` reads it. */
export const edgesColumn = `(select coalesce(jsonb_agg(e), '[]') from (
  select ${columns} from edges where chat_id = $1 order by source_id collate "C", target_id collate "C") e)`;

/** All edges of a chat, by source and then target. */
export async function readEdges(db: Db, chatId: string): Promise<Edge[]> {
  const { rows } = await db.query<{ edges: Edge[] }>(`select ${edgesColumn} as edges`, [chatId]);
  return edgesOf(rows[0]!.edges);
}

/** Edges of `edgesColumn`. Their times are ISO 8601 UTC with milliseconds, as everywhere. */
export const edgesOf = (rows: Edge[]): Edge[] =>
  rows.map((row) => ({
    ...row,
    lastInteractionAt: row.lastInteractionAt && new Date(row.lastInteractionAt).toISOString(),
  }));

type EdgeKey = Pick<Edge, 'sourceId' | 'targetId'>;

/** One edge of a chat; null where nothing has changed it yet. */
export async function readEdge(db: Db, chatId: string, { sourceId, targetId }: EdgeKey): Promise<Edge | null> {
  const { rows } = await db.query<EdgeRow>(
    `select ${columns} from edges where chat_id = $1 and source_id = $2 and target_id = $3`,
    [chatId, sourceId, targetId],
  );
  return rows[0] ? toEdge(rows[0]) : null;
}

/** A page of the chat's edges, by source and then target. */
export async function listEdges(db: Db, chatId: string, page: Page<EdgeKey>): Promise<Edge[]> {
  const { after, limit, order = 'asc' } = page;
  const key = 'source_id collate "C", target_id collate "C"';
  const inOrder = `source_id collate "C" ${order}, target_id collate "C" ${order}`;
  const bytes = 'octet_length(knowledge_facts::text) + coalesce(octet_length(summary), 0)';
  const { rows } = await db.query<EdgeRow>(
    `select ${columns} from (
       select *, row_number() over (order by ${inOrder}) as place,
         sum(${bytes}) over (order by ${inOrder}) - (${bytes}) as before
       from edges
       where chat_id = $1 and ($3::text is null or (${key}) ${order === 'asc' ? '>' : '<'} ($3, $4))
       order by ${inOrder} limit $2
     ) page where before < ${maxPageBytes} or place <= 2 order by ${inOrder}`,
    [chatId, limit, after?.sourceId ?? null, after?.targetId ?? null],
  );
  return rows.map(toEdge);
}
