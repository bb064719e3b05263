import { listTools } from '../../db/agents/tools.js';
import type { Pool } from '../../db/core/pool.js';
import { cursorPage, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { tool } from './resources.js';

export function toolRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      operation: 'listTools',
      method: 'get',
      path: '/v1/tools',
      summary: 'List the tools that agents can be given',
      tag: 'Tools',
      query: cursorPage(text(200).optional(), 1_000),
      answers: { 200: pageOf(tool) },
      async handle({ query }) {
        const found = await listTools(pool, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => item.name);
      },
    }),
  ];
}
