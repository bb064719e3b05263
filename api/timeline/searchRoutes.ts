import { z } from 'zod';
import type { Pool } from '../../db/core/pool.js';
import { searchTexts, type TextPlace, wordsOf } from '../../db/timeline/searchTexts.js';
import { idForms } from '../http/ids.js';
import { limit, name, text } from '../http/input.js';
import { listPage } from '../http/listPage.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import type { HeavyWork } from '../limits/heavyWork.js';
import { foundText } from './resources.js';

const at = z.iso.datetime({ precision: 6 });

const cursor = text(200).transform((value, context): TextPlace => {
  const [since = '', chatId = '', seq = '', ...rest] = value.split(',');
  if (rest.length === 0 && at.safeParse(since).success && idForms.chat.test(chatId) && /^\d{1,9}$/.test(seq))
    return { at: since, chatId, seq: Number(seq) };
  context.addIssue({ code: 'custom', message: 'must be a cursor that a search answered with' });
  return z.NEVER;
});

const query = z.object({
  q: name(200),
  limit: limit(20),
  cursor: cursor.optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
});

/** The search over all texts of the caller's owner. */
export function searchRoutes({ pool, heavy }: { pool: Pool; heavy: HeavyWork }): Route[] {
  return [
    route({
      operation: 'search',
      method: 'get',
      path: '/v1/search',
      summary: 'Find texts in all chats, newest first',
      description:
        'Finds what users and speakers said, edited texts, memories that were written by hand, and summaries of scenes, in the timelines of all chats of the owner. A text is found if each word of `q` begins a word of it, whatever the case; of a long text, the first 100,000 characters. For example `q=lighthou storm`.',
      tag: 'Log',
      query,
      answers: { 200: pageOf(foundText) },
      async handle({ owner, chatIds, query: { q, cursor: after = null, ...page } }) {
        const asked = { ...page, chatIds, after, limit: page.limit + 1 };
        const found = await heavy(owner, () => searchTexts(pool, owner, wordsOf(q), asked));
        return listPage(found, page.limit, (item) => `${item.at},${item.chatId},${item.seq}`);
      },
    }),
  ];
}
