import { z } from 'zod';
import type { ChatPlace, ChatSort, ListedChat } from '../../db/chats/chatList.js';
import { idForms } from '../http/ids.js';
import { name, pageFields, text } from '../http/input.js';

const badCursor = 'must be a cursor that a list of this sort answered with';
const activeAt = z.iso.datetime({ precision: 6 });

/** The query of `GET /v1/chats`. */
export const chatPage = () =>
  z
    .object({
      ...pageFields(text(200).optional()),
      sort: z.enum(['created', 'activity']).default('created'),
      q: name(200).optional(),
    })
    .transform(({ cursor, q, ...page }, context) => {
      const after = cursor === undefined ? null : placeOf(cursor, page.sort);
      if (after !== undefined) return { ...page, after, ...(q === undefined ? {} : { query: q.trim() }) };
      context.addIssue({ code: 'custom', path: ['cursor'], message: badCursor });
      return z.NEVER;
    });

/** The cursor of the page after a chat. */
export const cursorAt =
  (sort: ChatSort) =>
  ({ id, activeAt }: ListedChat): string =>
    sort === 'created' ? id : `${activeAt},${id}`;

/** Undefined for what is no cursor of the sort. */
function placeOf(cursor: string, sort: ChatSort): ChatPlace | undefined {
  const [first = '', second, ...rest] = cursor.split(',');
  if (rest.length > 0) return undefined;
  if (sort === 'created')
    return second === undefined && idForms.chat.test(first) ? { id: first, activeAt: null } : undefined;
  const isPlace = second !== undefined && idForms.chat.test(second) && activeAt.safeParse(first).success;
  return isPlace ? { id: second, activeAt: first } : undefined;
}
