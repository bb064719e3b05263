import type { ToolDescriptor } from '../../domain/agents/tools.js';
import { maxPageBytes, type Page } from '../core/page.js';
import { type Db, type Pool, transaction } from '../core/pool.js';

/**
 * Replaces the stored list of tools. The list of the last worker counts. `list` is called while the table is locked: if
 * two MCP servers connect at the same time, an earlier list can't overwrite a later one. `keptSources`: the sources that
 * are not known yet, whose tools stay.
 */
export async function publishTools(
  pool: Pool,
  list: () => readonly ToolDescriptor[],
  keptSources: () => readonly string[] = () => [],
): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query('lock table tools in share row exclusive mode');
    const tools = list();
    const names = tools.map(({ name }) => name);
    await tx.query('delete from tools where name <> all($1) and source <> all($2)', [names, keptSources()]);
    for (const tool of tools) {
      await tx.query(
        `insert into tools (name, description, parameters, level, source, needs_approval, idempotent, timeout_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (name) do update set description = excluded.description, parameters = excluded.parameters,
           level = excluded.level, source = excluded.source, needs_approval = excluded.needs_approval,
           idempotent = excluded.idempotent, timeout_ms = excluded.timeout_ms, worker_seen_at = now()`,
        [
          tool.name,
          tool.description,
          JSON.stringify(tool.parameters),
          tool.level,
          tool.source,
          tool.needsApproval,
          tool.idempotent,
          tool.timeoutMs,
        ],
      );
    }
  });
}

/** A tool as clients see it. */
export type ListedTool = {
  name: string;
  description: string;
  schema: Record<string, unknown>;
  permissionLevel: number;
  source: string;
  needsApproval: boolean;
};

/** A page of the tools, built-in ones first, then by name. The cursor is a tool's name. */
export async function listTools(
  db: Db,
  { after, limit, order = 'asc' }: Page = { after: null, limit: 1_000 },
): Promise<ListedTool[]> {
  const inOrder = `source <> 'builtin' ${order}, name ${order}`;
  const bytes = 'octet_length(description) + octet_length(parameters::text)';
  const { rows } = await db.query<ListedTool & { place: number; before: number }>(
    `select * from (
       select name, description, parameters as schema, level as "permissionLevel", source,
         needs_approval as "needsApproval", row_number() over (order by ${inOrder}) as place,
         sum(${bytes}) over (order by ${inOrder}) - (${bytes}) as before
       from tools
       where $1::text is null or (source <> 'builtin', name) ${order === 'asc' ? '>' : '<'} (select source <> 'builtin', name from tools where name = $1)
       order by ${inOrder} limit $2
     ) page where before < ${maxPageBytes} or place <= 2 order by place`,
    [after, limit],
  );
  return rows.map(({ place: _, before: __, ...tool }) => tool);
}
