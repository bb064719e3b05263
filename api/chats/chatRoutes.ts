import { listChats } from '../../db/chats/chatList.js';
import { changeChat, readChat } from '../../db/chats/chats.js';
import { deleteChat } from '../../db/chats/deleteChat.js';
import { createChat } from '../../db/chats/newChat.js';
import type { Limits } from '../../db/chats/ownerLimits.js';
import type { Pool } from '../../db/core/pool.js';
import { optionNames } from '../../domain/turns/turnOptions.js';
import { listPage } from '../http/listPage.js';
import { orProblem, Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { pageOf } from '../http/schemas.js';
import type { TurnStopper } from '../turns/turnStopper.js';
import { chatPage, cursorAt } from './chatPage.js';
import type { ChatPurge } from './chatPurge.js';
import { chatChangeBody, newChatBody, toNewChat } from './newChat.js';
import { chat, showChat } from './resources.js';
import { flattened } from './settingsFields.js';

const tag = 'Chats';

const ofEveryChat = new Intl.ListFormat('en-GB').format(optionNames.map((name) => `\`${name}\``));

export type ChatRouteDeps = {
  limits: Pick<Limits, 'chats' | 'storedBytes'>;
  pool: Pool;
  stopTurn: TurnStopper;
  chatPurge: Pick<ChatPurge, 'start'>;
  /** Whether there is a service that answers relay chats. */
  relays: boolean;
};

export function chatRoutes({ pool, stopTurn, chatPurge, relays, limits }: ChatRouteDeps): Route[] {
  return [
    route({
      operation: 'createChat',
      method: 'post',
      path: '/v1/chats',
      summary: 'Create a chat',
      tag,
      body: newChatBody,
      answers: { 201: chat },
      problems: [
        'kind_not_available',
        'character_not_found',
        'document_not_found',
        'provider_not_found',
        'limit_reached',
      ],
      async handle({ owner, body }) {
        if (body.kind === 'relay' && !relays)
          throw new Problem('kind_not_available', 'kind: relay needs UPSTREAM_BASE_URL, the service that answers');
        const created = await createChat(pool, owner, toNewChat(body), limits);
        return { status: 201, body: showChat(created), headers: { Location: `/v1/chats/${created.id}` } };
      },
    }),
    route({
      operation: 'listChats',
      method: 'get',
      path: '/v1/chats',
      summary: 'List chats, oldest first',
      description:
        '`sort=activity` orders by the newest event. `q` finds chats by a part of the title, or of the name of a character or document; `GET /v1/search` finds texts. A cursor holds for the sort that it came from.',
      tag,
      query: chatPage(),
      answers: { 200: pageOf(chat) },
      async handle({ owner, chatIds, query }) {
        const found = await listChats(pool, owner, { ...query, chatIds, limit: query.limit + 1 });
        return listPage(found, query.limit, cursorAt(query.sort), ({ activeAt: _, ...shown }) => showChat(shown));
      },
    }),
    route({
      operation: 'getChat',
      method: 'get',
      path: '/v1/chats/:chatId',
      summary: 'One chat',
      tag,
      answers: { 200: chat },
      problems: ['chat_not_found'],
      handle: async ({ owner, params }) => ({
        status: 200,
        body: showChat(orProblem(await readChat(pool, owner, params.chatId), 'chat_not_found')),
      }),
    }),
    route({
      operation: 'updateChat',
      method: 'patch',
      path: '/v1/chats/:chatId',
      summary: 'Change the title, the guest or the settings of a chat; what is left out stays',
      description: `${ofEveryChat} are settings of every chat but relay chats, the others of agents. They hold from the chat's next turn on: a turn that has begun keeps those that it began with, turns in the queue get the new ones. Null goes back to the server's default. The log has a \`chat_settings_changed\` with what changed; a rewind behind it brings the earlier settings back.`,
      tag,
      body: chatChangeBody,
      answers: { 200: chat },
      problems: [
        'chat_not_found',
        'character_not_found',
        'provider_not_found',
        'turn_in_progress',
        'not_narrative',
        'not_agent',
        'chat_full',
      ],
      async handle({ owner, params, body }) {
        const { title, titleIsProvisional, guestId, ...settings } = flattened(body);
        const changed = await changeChat(pool, owner, params.chatId, { title, titleIsProvisional, guestId, settings });
        return { status: 200, body: showChat(orProblem(changed, 'chat_not_found')) };
      },
    }),
    route({
      operation: 'deleteChat',
      method: 'delete',
      path: '/v1/chats/:chatId',
      summary: 'Delete a chat and all that belongs to it; a running turn is stopped',
      tag,
      answers: { 204: null },
      problems: ['chat_not_found'],
      async handle({ owner, params }) {
        const deleted = await deleteChat(pool, owner, params.chatId);
        if (!deleted.found) throw new Problem('chat_not_found');
        if (deleted.stopping) stopTurn(deleted.stopping);
        chatPurge.start();
        return { status: 204 };
      },
    }),
  ];
}
