import { z } from 'zod';
import { listEdges } from '../../db/edges.js';
import { listMemories, type Memory } from '../../db/memories.js';
import type { Pool } from '../../db/pool.js';
import { cursorPage, seqPage } from '../input.js';
import { listPage } from '../listPage.js';
import { mustOwnChat } from '../mustOwn.js';
import { type Route, route } from '../route.js';
import { edge, memory, pageOf } from '../schemas.js';

const tag = 'Relationships';

const edgeCursor = z
  .string()
  .regex(/^[\w-]{1,100}>[\w-]{1,100}$/, { error: 'must be a cursor that a list answered with' })
  .transform((given) => {
    const [sourceId = '', targetId = ''] = given.split('>');
    return { sourceId, targetId };
  })
  .optional();

/** What those present feel towards each other, and what they remember. */
export function relationshipRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      operation: 'listEdges',
      method: 'get',
      path: '/v1/chats/:chatId/edges',
      summary: 'The edges between those present, by source and then target',
      tag,
      query: cursorPage(edgeCursor),
      answers: { 200: pageOf(edge) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query }) {
        await mustOwnChat(pool, owner, chatId);
        const found = await listEdges(pool, chatId, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => `${item.sourceId}>${item.targetId}`);
      },
    }),
    route({
      operation: 'listMemories',
      method: 'get',
      path: '/v1/chats/:chatId/memories',
      summary: "The chat's memories, oldest first",
      tag,
      query: seqPage(),
      answers: { 200: pageOf(memory) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query }) {
        await mustOwnChat(pool, owner, chatId);
        const found = await listMemories(pool, chatId, { ...query, limit: query.limit + 1 });
        const shown = ({ seq: _, ...memory }: Memory) => memory;
        return listPage(found, query.limit, (item) => String(item.seq), shown);
      },
    }),
  ];
}
