import type { Request, RequestHandler, Response } from 'express';
import { belongsToChats, type ChatPart } from '../../db/chats/belongsToChats.js';
import type { Db } from '../../db/core/pool.js';
import { Problem, type ProblemCode } from '../http/problem.js';
import type { Route } from '../http/route.js';
import type { Caller } from './caller.js';
import { insufficientScope, unauthorized } from './refusals.js';
import { tokenAccess } from './tokenAccess.js';

/** Throws `insufficient_scope`, or the 404 of what the caller's token does not name. */
export type Permit = (
  route: Pick<Route, 'operation' | 'method'>,
  request: Request,
  response: Response,
) => Promise<void>;

const parts: Record<ChatPart, { param: string; missing: ProblemCode }> = {
  turn: { param: 'turnId', missing: 'turn_not_found' },
  document: { param: 'documentId', missing: 'document_not_found' },
  change: { param: 'changeId', missing: 'change_not_found' },
  attachment: { param: 'attachmentId', missing: 'attachment_not_found' },
  character: { param: 'characterId', missing: 'character_not_found' },
};

/** Decides by `tokenAccess` what a token may do. What it has no row for is refused. */
export function createPermit(db: Db): Permit {
  return async ({ operation, method }, request, response) => {
    const access = Object.hasOwn(tokenAccess, operation) ? tokenAccess[operation] : undefined;
    if (access === 'public') return;
    const caller = response.locals.caller as Caller | undefined;
    if (!caller) throw unauthorized();
    if (access === 'keys' && caller.credential !== 'key' && caller.credential !== 'none')
      throw insufficientScope('Only the holder of an API key may call this');
    const { rights } = caller;
    if (!rights) return;
    if (access === undefined) throw insufficientScope();
    if (access === 'noToken') throw insufficientScope('Tokens of POST /v1/tokens may not call this');
    if (rights.scope === 'read' && method !== 'get') throw insufficientScope('The token permits only reading');
    if (rights.chatIds) await permitChats(db, rights.chatIds, access, request);
  };
}

type Access = NonNullable<(typeof tokenAccess)[string]>;

async function permitChats(db: Db, chatIds: readonly string[], access: Access, request: Request): Promise<void> {
  const path = typeof access === 'object' ? access.path : access;
  switch (path) {
    case 'public':
    case 'any':
    case 'narrowed':
      return;
    case 'owner':
    case 'noToken':
    case 'keys':
      throw insufficientScope('The token permits only what belongs to its chats');
    case 'chat':
      if (!chatIds.includes(String(request.params.chatId))) throw new Problem('chat_not_found');
      break;
    case 'turn':
    case 'document':
    case 'change':
    case 'attachment':
    case 'character':
      await mustBelong(db, chatIds, path, request.params[parts[path].param]);
  }
  if (typeof access === 'object') await permitBody(db, chatIds, access.bodyNames, request.body);
}

/** What is no id is refused later, when the body is read. */
async function permitBody(
  db: Db,
  chatIds: readonly string[],
  names: Readonly<Record<string, ChatPart | 'refused'>>,
  body: unknown,
): Promise<void> {
  for (const [field, part] of Object.entries(names)) {
    const named = [valueAt(body, field.split('.'))].flat().filter((value) => value !== undefined && value !== null);
    if (named.length > 0 && part === 'refused') throw insufficientScope(`${field}: the token does not permit it`);
    if (part === 'refused') continue;
    if (named.length > maxNamed) throw insufficientScope(`${field}: names too many`);
    for (const id of named) await mustBelong(db, chatIds, part, id);
  }
}

const valueAt = (value: unknown, [name, ...below]: string[]): unknown => {
  if (name === undefined) return value;
  return typeof value === 'object' && value !== null ? valueAt((value as Record<string, unknown>)[name], below) : null;
};

/** As many queries as a request may cost; no body may name so many of anything. */
const maxNamed = 100;

async function mustBelong(db: Db, chatIds: readonly string[], part: ChatPart, id: unknown): Promise<void> {
  const belongs = typeof id === 'string' && !id.includes('\0') && (await belongsToChats(db, part, id, chatIds));
  if (!belongs) throw new Problem(parts[part].missing);
}

/** The mounts of other protocols find and make chats of the owner: tokens that name chats are refused there. */
export const refuseChatTokens: RequestHandler = (request, response, next) => {
  const { rights } = response.locals.caller as Caller;
  if (rights?.chatIds) throw insufficientScope('A token that names chats is for the routes under /v1');
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (rights?.scope === 'read' && !reads) throw insufficientScope('The token permits only reading');
  next();
};
