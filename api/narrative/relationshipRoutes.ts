import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { changeEdgeByHand } from '../../db/narrative/changeEdge.js';
import { listEdges } from '../../db/narrative/edges.js';
import { cursorPage, name, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { edge } from './resources.js';

const tag = 'Relationships';

const edgeCursor = z
  .string()
  .regex(/^[\w-]{1,100}>[\w-]{1,100}$/, { error: 'must be a cursor that a list answered with' })
  .transform((given) => {
    const [sourceId = '', targetId = ''] = given.split('>');
    return { sourceId, targetId };
  })
  .optional();

const someone = () => text(100).meta({ description: "`you` or a character's id" });
const value = () => z.number().int().min(0).max(100);

const edgeChange = z
  .strictObject({
    sourceId: someone(),
    targetId: someone(),
    affinity: value().optional(),
    trust: value().optional(),
    summary: text(20_000).optional(),
    knowledgeFacts: z
      .array(name(2_000))
      .max(100)
      .optional()
      .meta({ description: 'facts to add; those that the source knows already stay' }),
  })
  .refine(({ sourceId, targetId }) => sourceId !== targetId, { path: ['targetId'], error: 'must not be sourceId' });

/** Routes for the relationships of those who are present. */
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
      operation: 'updateEdge',
      method: 'patch',
      path: '/v1/chats/:chatId/edges',
      summary: 'Change what one of those present feels towards another, or add facts; what is left out stays',
      tag,
      body: edgeChange,
      answers: { 200: edge },
      problems: ['chat_not_found', 'not_narrative', 'chat_full'],
      async handle({ owner, params: { chatId }, body }) {
        return { status: 200, body: await changeEdgeByHand(pool, { owner, chatId }, body) };
      },
    }),
  ];
}
