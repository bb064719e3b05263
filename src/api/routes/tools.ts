import type { Pool } from '../../db/pool.js';
import { listTools } from '../../db/tools.js';
import { type Route, route } from '../route.js';
import { pageOf, tool } from '../schemas.js';

export function toolRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/tools',
      summary: 'List the tools that agents can be given',
      tag: 'Tools',
      answers: { 200: pageOf(tool) },
      handle: async () => ({ status: 200, body: { items: await listTools(pool), next: null } }),
    }),
  ];
}
