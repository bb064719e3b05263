import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { listTools } from '../../db/tools.js';
import { limit, text } from '../input.js';
import { listPage } from '../listPage.js';
import { type Route, route } from '../route.js';
import { pageOf, tool } from '../schemas.js';

export function toolRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/tools',
      summary: 'List the tools that agents can be given',
      tag: 'Tools',
      query: z.object({ limit: limit(1_000), cursor: text(200).optional() }),
      answers: { 200: pageOf(tool) },
      async handle({ query: { limit, cursor } }) {
        const found = await listTools(pool, { after: cursor ?? null, limit: limit + 1 });
        return listPage(found, limit, (item) => item.name);
      },
    }),
  ];
}
