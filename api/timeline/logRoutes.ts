import type { Request } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { readEvents } from '../../db/timeline/log.js';
import { findMessage, parseMessageId, readMessages } from '../../db/timeline/messages.js';
import type { Message } from '../../domain/timeline/message.js';
import type { Feeds } from '../../viewers/gateway/feeds.js';
import { parseCursor } from '../http/cursor.js';
import { afterSeq, cursorPage, limit, order } from '../http/input.js';
import { listPage, writePage } from '../http/listPage.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import { takeViewerPlace, type ViewerPlaces } from '../limits/viewerPlaces.js';
import { streamChat } from '../live/sse.js';
import { wantsFrames } from '../turns/turnHeaders.js';
import { event, message } from './resources.js';

const tag = 'Log';

const messageCursor = z
  .string()
  .transform(parseMessageId)
  .refine((id) => id !== null, { error: 'must be a cursor that a list answered with' })
  .optional();

/** Routes for a chat's log: its events, and the messages that are folded from them. */
export function logRoutes({ pool, feeds, places }: { pool: Pool; feeds: Feeds; places: ViewerPlaces }): Route[] {
  return [
    route({
      operation: 'listEvents',
      method: 'get',
      path: '/v1/chats/:chatId/events',
      summary: "The chat's log, as JSON or as a stream of frames, which has the order of the log",
      tag,
      query: z.object({
        after: afterSeq(),
        cursor: afterSeq().meta({ description: 'the `next` of a page; the same as `after`' }),
        limit: limit(1_000),
        include: z.literal('hidden').optional(),
        order: order(),
      }),
      headers: z.object({ 'Last-Event-ID': z.string().optional().meta({ description: 'resumes a stream' }) }),
      answers: { 200: pageOf(event) },
      streams: true,
      problems: ['chat_not_found', 'too_many_viewers'],
      async handle({ owner, params: { chatId }, query, request, response }) {
        if (wantsFrames(request)) {
          takeViewerPlace(places, owner, response);
          await streamChat(feeds, response, { chatId, owner, after: lastEventId(request) ?? query.after ?? 0 });
          return null;
        }
        await mustOwnChat(pool, owner, chatId);
        const { cursor, after = cursor ?? null, limit, include, order } = query;
        const page = { after, limit: limit + 1, order, includeHidden: include === 'hidden' };
        const found = await readEvents(pool, chatId, page);
        return listPage(found, limit, (item) => String(item.seq));
      },
    }),
    route({
      operation: 'listMessages',
      method: 'get',
      path: '/v1/chats/:chatId/messages',
      summary: 'The transcript, rebuilt from the log',
      tag,
      query: cursorPage(messageCursor, 1_000),
      answers: { 200: pageOf(message) },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId }, query: { limit, after, order } }) {
        await mustOwnChat(pool, owner, chatId);
        const since = after && (await findMessage(pool, chatId, after));
        if (after && !since) throw new Problem('invalid_query', 'cursor: must be a cursor that a list answered with');
        const page = writePage<Message>(limit, (item) => item.id);
        for await (const messages of readMessages(pool, chatId, { after: since, limit: limit + 1, order })) {
          if (!messages.every(page.add)) break;
        }
        return page.answer();
      },
    }),
  ];
}

/** The cursor of a reconnecting stream. It takes precedence over `after`, which stays in the URL. */
function lastEventId(request: Request): number | undefined {
  const given = request.get('last-event-id');
  if (given === undefined || given === '') return undefined;
  const seq = parseCursor(given);
  if (seq === null) throw new Problem('invalid_query', 'Last-Event-ID: must be a whole number');
  return seq;
}
