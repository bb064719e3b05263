import { z } from 'zod';
import { ownsChats } from '../../db/chats/belongsToChats.js';
import type { Pool } from '../../db/core/pool.js';
import { text } from '../http/input.js';
import { Problem } from '../http/problem.js';
import { type Route, route } from '../http/route.js';
import { accessToken } from '../http/schemas.js';
import { type AccessTokens, maxTokenChats } from './accessTokens.js';
import type { Caller, TokenRights } from './caller.js';

export type TokenRouteDeps = { pool: Pool; tokens: AccessTokens };

const longestSeconds = 86_400;

const tokenRequest = z.strictObject({
  chatIds: z
    .array(text(100))
    .min(1)
    .max(maxTokenChats)
    .optional()
    .meta({ description: 'the chats that the token is for; left out: those that the caller may use' }),
  scope: z.enum(['read', 'write']),
  ttlSeconds: z.number().int().min(1).max(longestSeconds),
});

/** Tokens for browsers and for other programs that must not have the key. */
export function tokenRoutes({ pool, tokens }: TokenRouteDeps): Route[] {
  return [
    route({
      operation: 'createToken',
      method: 'post',
      path: '/v1/tokens',
      summary: "Create a bearer token with the caller's own rights, cut down",
      description:
        'The token acts for the owner of the caller, with at most the level of the caller, and ends at the latest when the caller’s own token does, or when the key behind it is removed. `scope: "read"` permits only GET; `chatIds` only what belongs to these chats. For example `{"chatIds": ["chat_…"], "scope": "read", "ttlSeconds": 600}`. It is sent as `Authorization: Bearer`, as the subprotocol `bearer.TOKEN`, or as `?token=` of an event stream or a live socket. See docs/auth.md.',
      tag: 'Tokens',
      body: tokenRequest,
      answers: { 201: accessToken },
      problems: ['chat_not_found'],
      async handle({ owner, body, response }) {
        const caller = response.locals.caller as Caller;
        const rights = cutDown(caller, body);
        if (body.chatIds && !(await ownsChats(pool, owner, body.chatIds))) throw new Problem('chat_not_found');
        const expiresAt = Math.min(Date.now() + body.ttlSeconds * 1_000, caller.expiresAt ?? Number.POSITIVE_INFINITY);
        const token = await tokens.sign(caller, rights, expiresAt);
        return { status: 201, body: { token, expiresAt: new Date(expiresAt).toISOString() } };
      },
    }),
  ];
}

/** Throws `chat_not_found` for a chat that the caller's own token does not name. A `read` token gets no token at all. */
function cutDown({ rights }: Caller, { chatIds, scope }: z.output<typeof tokenRequest>): TokenRights {
  const own = rights?.chatIds ?? null;
  if (own && chatIds?.some((id) => !own.includes(id))) throw new Problem('chat_not_found');
  const named = chatIds ? [...new Set(chatIds)] : own;
  return { scope, chatIds: named };
}
