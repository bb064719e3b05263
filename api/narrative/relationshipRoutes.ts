import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { listEdges } from '../../db/narrative/edges.js';
import { listMemories, type Memory } from '../../db/narrative/memories.js';
import { cursorPage, seqPage } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { edge, memory } from './resources.js';

const tag = 'Relationships';

const edgeCursor = z
  .string()
  .regex(/^[\w-]{1,100}>[\w-]{1,100}$/, { error: 'must be a cursor that a list answered with' })
  .transform((given) => {
    const [sourceId = '', targetId = ''] = given.split('>');
    return { sourceId, targetId };
  })
  .optional();

/** Routes for the relationships and memories of the characters who are present. */
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
