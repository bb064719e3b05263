import { z } from 'zod';
import { readEdges } from '../../db/edges.js';
import { listMemories } from '../../db/memories.js';
import type { Pool } from '../../db/pool.js';
import type { Edge } from '../../domain/edge.js';
import { limit, seqPage, toPage } from '../input.js';
import { mustOwnChat } from '../mustOwn.js';
import { type Route, route } from '../route.js';
import { edge, memory, pageOf } from '../schemas.js';

const tag = 'Relationships';

const edgeCursor = z
  .string()
  .regex(/^[\w-]{1,100}>[\w-]{1,100}$/, { error: 'must be a cursor that a list answered with' })
  .optional();

/** What those present feel towards each other, and what they remember. */
export function relationshipRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/chats/:chatId/edges',
      summary: 'The edges between those present, by source and then target',
      tag,
      query: z.object({ limit: limit(100), cursor: edgeCursor }),
      answers: { 200: pageOf(edge) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query: { limit, cursor } }) {
        await mustOwnChat(pool, owner, chatId);
        const found = (await readEdges(pool, chatId)).filter(isAfter(cursor));
        return { status: 200, body: toPage(found, limit, (item) => `${item.sourceId}>${item.targetId}`) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/chats/:chatId/memories',
      summary: "The chat's memories, oldest first",
      tag,
      query: seqPage(),
      answers: { 200: pageOf(memory) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query: { limit, cursor } }) {
        await mustOwnChat(pool, owner, chatId);
        const found = await listMemories(pool, chatId, { after: cursor, limit: limit + 1 });
        const { items, next } = toPage(found, limit, (item) => String(item.seq));
        return { status: 200, body: { items: items.map(({ seq: _, ...item }) => item), next } };
      },
    }),
  ];
}

/** In the order of the list: ids are ASCII, so that JavaScript compares them as Postgres does. */
function isAfter(cursor: string | undefined): (edge: Edge) => boolean {
  const [source = '', target = ''] = cursor?.split('>') ?? [];
  return ({ sourceId, targetId }) => sourceId > source || (sourceId === source && targetId > target);
}
