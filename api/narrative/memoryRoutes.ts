import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { changeMemoryByHand, removeMemoryByHand, writeMemoryByHand } from '../../db/narrative/changeMemories.js';
import { listMemories, type Memory } from '../../db/narrative/memories.js';
import { name, seqPage, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { memory } from './resources.js';

const tag = 'Relationships';

/** As long as a reply and the prose before it may be. */
const memoryText = () => name(200_000);
const significance = () =>
  z.number().int().min(0).max(3).meta({ description: 'from 0 (forgettable) to 3 (unforgettable)' });
const pinned = () => z.boolean().meta({ description: 'a memory that a person pinned stays pinned' });

const newMemory = z.strictObject({
  text: memoryText(),
  witnessIds: z
    .array(text(100))
    .min(1)
    .max(100)
    .meta({ description: 'who remembers it: the host, the guest or both', examples: [['chr_0199…']] }),
  significance: significance().optional(),
  pinned: pinned().optional(),
});

const memoryChange = z.strictObject({
  text: memoryText().optional(),
  significance: significance().optional(),
  pinned: pinned().optional(),
});

const shown = ({ seq: _, ...resource }: Memory) => resource;

/** Routes for the memories of the characters of a chat: those of turns, and those that a person writes. */
export function memoryRoutes({ pool }: { pool: Pool }): Route[] {
  return [
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
        return listPage(found, query.limit, (item) => String(item.seq), shown);
      },
    }),
    route({
      operation: 'createMemory',
      method: 'post',
      path: '/v1/chats/:chatId/memories',
      summary: 'Write a memory for characters who are present',
      tag,
      body: newMemory,
      answers: { 201: memory },
      problems: ['chat_not_found', 'not_narrative', 'limit_reached', 'chat_full'],
      async handle({ owner, params: { chatId }, body }) {
        return { status: 201, body: shown(await writeMemoryByHand(pool, { owner, chatId }, body)) };
      },
    }),
    route({
      operation: 'updateMemory',
      method: 'patch',
      path: '/v1/chats/:chatId/memories/:memoryId',
      summary: 'Change the text or the significance of a memory, pin it or unpin it; what is left out stays',
      tag,
      body: memoryChange,
      answers: { 200: memory },
      problems: ['chat_not_found', 'not_narrative', 'memory_not_found', 'limit_reached', 'chat_full'],
      async handle({ owner, params: { chatId, memoryId }, body }) {
        return { status: 200, body: shown(await changeMemoryByHand(pool, { owner, chatId, memoryId }, body)) };
      },
    }),
    route({
      operation: 'deleteMemory',
      method: 'delete',
      path: '/v1/chats/:chatId/memories/:memoryId',
      summary: 'Remove a memory from the timeline; the log keeps it',
      tag,
      answers: { 204: null },
      problems: ['chat_not_found', 'not_narrative', 'memory_not_found', 'chat_full'],
      async handle({ owner, params: { chatId, memoryId } }) {
        await removeMemoryByHand(pool, { owner, chatId, memoryId });
        return { status: 204 };
      },
    }),
  ];
}
