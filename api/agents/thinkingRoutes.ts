import { readOpenCalls } from '../../db/agents/agentSteps.js';
import type { Pool } from '../../db/core/pool.js';
import { mustOwnChat } from '../http/mustOwn.js';
import { type Route, route } from '../http/route.js';
import { thinking } from './resources.js';

export function thinkingRoutes({ pool }: { pool: Pool }): Route[] {
  return [
    route({
      operation: 'getThinking',
      method: 'get',
      path: '/v1/chats/:chatId/thinking',
      summary: 'The open tool calls of the running turn; 204 when there are none',
      tag: 'Chats',
      answers: { 200: thinking, 204: null },
      problems: ['chat_not_found'],
      async handle({ owner, params: { chatId } }) {
        await mustOwnChat(pool, owner, chatId);
        const toolCalls = await readOpenCalls(pool, chatId);
        return toolCalls.length > 0 ? { status: 200, body: { toolCalls } } : { status: 204 };
      },
    }),
  ];
}
