import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { putYou, readYou } from '../../db/narrative/you.js';
import { name, persona } from '../http/input.js';
import { type Route, route } from '../http/route.js';
import { you } from './resources.js';

const tag = 'You';

export function youRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      operation: 'getYou',
      method: 'get',
      path: '/v1/you',
      summary: "The user's own character",
      tag,
      answers: { 200: you },
      handle: async ({ owner }) => ({ status: 200, body: await readYou(pool, owner) }),
    }),
    route({
      operation: 'updateYou',
      method: 'put',
      path: '/v1/you',
      summary: "Set the user's own character",
      tag,
      body: z.strictObject({ name: name(200), persona: persona() }),
      answers: { 200: you },
      handle: async ({ owner, body }) => ({ status: 200, body: await putYou(pool, owner, body) }),
    }),
  ];
}
