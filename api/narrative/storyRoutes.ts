import { z } from 'zod';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { listStoryEvents, planStoryEvent, type StoryEvent } from '../../db/narrative/storyEvents.js';
import { name, seqPage, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { storyEvent } from './resources.js';

const tag = 'Story';

const someone = () => text(100);
const delta = () => z.number().int().min(-100).max(100);
const many = <T extends z.ZodType>(item: T) => z.array(item).max(100);

const artifacts = z.strictObject({
  knowledgeFacts: many(z.strictObject({ sourceId: someone(), targetId: someone(), fact: name(2_000) })).optional(),
  relationshipChange: z
    .strictObject({ sourceId: someone(), targetId: someone(), affinityDelta: delta(), trustDelta: delta() })
    .optional(),
  acquiredObjects: many(z.strictObject({ ownerId: someone(), name: name(200) })).optional(),
});

const newStoryEvent = z.strictObject({
  title: name(200),
  description: text(20_000),
  status: z.enum(['planned', 'active']).default('planned'),
  artifacts: artifacts.default({}),
});

export function storyRoutes({ pool, limits }: { pool: Pool; limits: Pick<Limits, 'storyEvents'> }): Route[] {
  return [
    route({
      operation: 'listStoryEvents',
      method: 'get',
      path: '/v1/chats/:chatId/storyEvents',
      summary: "The chat's story events, oldest first",
      tag,
      query: seqPage(),
      answers: { 200: pageOf(storyEvent) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query }) {
        await mustOwnChat(pool, owner, chatId);
        const found = await listStoryEvents(pool, chatId, { ...query, limit: query.limit + 1 });
        return listPage(found, query.limit, (item) => String(item.seq), shown);
      },
    }),
    route({
      operation: 'createStoryEvent',
      method: 'post',
      path: '/v1/chats/:chatId/storyEvents',
      summary: 'Plan a story event, or start it at once',
      tag,
      body: newStoryEvent,
      answers: { 201: storyEvent },
      problems: ['chat_not_found', 'not_narrative', 'limit_reached'],
      async handle({ owner, params: { chatId }, body }) {
        return { status: 201, body: shown(await planStoryEvent(pool, owner, chatId, body, limits.storyEvents)) };
      },
    }),
  ];
}

const shown = ({ seq: _, ...resource }: StoryEvent) => resource;
