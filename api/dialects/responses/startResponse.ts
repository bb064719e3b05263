import type { Request, Response } from 'express';
import { readHandedCalls } from '../../../db/agents/clientFunctions.js';
import { createChat, type EarlierMessage } from '../../../db/chats/newChat.js';
import { addMessages } from '../../../db/dialects/addMessages.js';
import { findNamedChat } from '../../../db/dialects/chatNames.js';
import { beginRequest, findRequestTurn, keepRequestChat } from '../../../db/dialects/requests.js';
import { findResponse, keepResponse, readTurnEnd, type StoredResponse } from '../../../db/dialects/responses.js';
import { forkChat } from '../../../db/timeline/fork.js';
import type { HeavyWork } from '../../limits/heavyWork.js';
import { followSettings } from '../core/followSettings.js';
import { attachFiles } from '../core/images.js';
import { chatOfModel } from '../core/modelChat.js';
import { invalidRequest, OpenAiRefused } from '../core/openaiErrors.js';
import { findStrayOutput, mustFit } from '../core/outputs.js';
import { retriedRequest } from '../core/retriedRequest.js';
import type { StartDeps, StartedTurn } from '../core/startTurn.js';
import type { ResponseFields } from './responseObject.js';
import { noCall, type ResponseRequest } from './responseRequest.js';

export type StartResponseDeps = StartDeps & { relays: boolean; heavy: HeavyWork };

/** Clients of this mount name their conversations by the ids that they get. */
const MOUNT = 'openai';

export const notFound = (message: string) =>
  new OpenAiRefused(404, { message, type: 'invalid_request_error', param: null, code: 'not_found' });

/** Starts the turn of a response, or finds that of the request which this one repeats. Throws `OpenAiRefused`. */
export async function startResponse(
  deps: StartResponseDeps,
  request: Request,
  response: Response,
  asked: ResponseRequest,
): Promise<StoredResponse<ResponseFields>> {
  const { owner, level } = response.locals as { owner: string; level: number };
  const begun = await beginRequest(deps.pool, retriedRequest(request, response, { mount: MOUNT }));
  const earlier = begun.chatId && (await findRequestTurn(deps.pool, { id: begun.id, chatId: begun.chatId }));
  const started: StartedTurn =
    begun.chatId && earlier
      ? { chatId: begun.chatId, turnId: earlier }
      : await acceptResponse(deps, { owner, level, key: begun.id, chatId: begun.chatId }, asked);
  const { fields, input, conversation } = asked;
  // A conversation that the client named is the client's to delete.
  const deletesChat = !fields.store && conversation === null;
  await keepResponse(deps.pool, owner, { ...started, fields, input, deletesChat });
  const stored = await findResponse<ResponseFields>(deps.pool, { owner, turnId: started.turnId });
  if (!stored) throw notFound('The conversation was deleted.');
  return stored;
}

type Accepting = { owner: string; level: number; key: string; chatId: string | null };

async function acceptResponse(
  deps: StartResponseDeps,
  { owner, level, key, chatId }: Accepting,
  asked: ResponseRequest,
): Promise<StartedTurn> {
  const { said, functions, fields } = asked;
  mustFit(said.outputs);
  // Before a chat is made: a file may be refused.
  const attachments = await attachFiles(deps, owner, said.files);
  const chat = chatId ?? (await chatOf(deps, owner, asked));
  await keepRequestChat(deps.pool, key, chat);
  await mustBeCalled(deps, chat, asked);
  await addMessages(deps.pool, { owner, chatId: chat }, await newMessages(deps, chat, asked), key);
  const { temperature, max_output_tokens: maxTokens } = fields;
  const { turnId } = await deps.acceptTurn({
    owner,
    chatId: chat,
    attachments,
    text: said.text ?? '',
    functions,
    outputs: said.outputs,
    whenBusy: 'enqueue',
    whenFailed: 'fail',
    idempotencyKey: key,
    callerLevel: level,
    options: { ...(temperature === null ? {} : { temperature }), ...(maxTokens === null ? {} : { maxTokens }) },
  });
  return { chatId: chat, turnId };
}

/** The calls of the outputs are among the items, or wait in the chat. Throws `OpenAiRefused`. */
async function mustBeCalled({ pool }: StartResponseDeps, chatId: string, { said }: ResponseRequest): Promise<void> {
  const stray = await findStrayOutput(pool, chatId, said.strays);
  if (stray) throw invalidRequest(noCall(stray.callId), 'input');
}

/** The earlier messages without the calls that wait in the chat: some clients send the output of a response again. */
async function newMessages({ pool }: StartResponseDeps, chatId: string, { said }: ResponseRequest) {
  const ids = said.earlier.flatMap(({ calls = [] }) => calls.map(({ id }) => id));
  const handed = new Set((await readHandedCalls(pool, chatId, ids)).map(({ callId }) => callId));
  if (handed.size === 0) return said.earlier;
  return said.earlier.flatMap(({ calls = [], ...message }): EarlierMessage[] => {
    const left = calls.filter(({ id }) => !handed.has(id));
    if (left.length === calls.length) return calls.length > 0 ? [{ ...message, calls }] : [message];
    return left.length > 0 ? [{ ...message, calls: left }] : [];
  });
}

/** The chat in which a response is made. Throws `OpenAiRefused`. */
async function chatOf(deps: StartResponseDeps, owner: string, asked: ResponseRequest): Promise<string> {
  const { fields, instructions, said } = asked;
  const known = await knownChat(deps, owner, asked);
  if (known) {
    await followSettings(deps.pool, { owner, chatId: known }, { model: fields.model, instructions });
    return known;
  }
  const stray = said.strays[0];
  if (stray) throw invalidRequest(noCall(stray.callId), 'input');
  const wishes = { model: fields.model, instructions, earlier: [], relays: deps.relays };
  return (await createChat(deps.pool, owner, chatOfModel(wishes), deps.limits.chats)).id;
}

/** The chat that a request continues; null if it begins one. */
async function knownChat(deps: StartResponseDeps, owner: string, asked: ResponseRequest): Promise<string | null> {
  const { fields, conversation, said } = asked;
  if (conversation !== null) {
    const chatId = await findNamedChat(deps.pool, { owner, mount: MOUNT, clientId: conversation });
    if (!chatId) throw notFound(`Conversation with id '${conversation.slice(0, 100)}' not found.`);
    return chatId;
  }
  const previous = fields.previous_response_id;
  if (previous !== null) {
    const chatId = await chatAfter(deps, owner, previous);
    if (chatId) return chatId;
    const message = `Previous response with id '${previous.slice(0, 100)}' not found.`;
    throw invalidRequest(message, 'previous_response_id', 'previous_response_not_found');
  }
  if (said.reference === null) return null;
  const chatId = await chatAfter(deps, owner, turnOfItem(said.reference));
  if (!chatId) throw notFound(`Item with id '${said.reference.slice(0, 100)}' not found.`);
  return chatId;
}

/** The response of an item of an output, by the item's id. */
const turnOfItem = (itemId: string): string => `turn_${/^[a-z]+_([0-9a-f-]{36})_/.exec(itemId)?.[1] ?? ''}`;

/** The chat of an earlier response, or a fork of it where that is not the last one. Null if there is no such response. */
async function chatAfter(deps: StartResponseDeps, owner: string, turnId: string): Promise<string | null> {
  const { pool, heavy, limits } = deps;
  const previous = await findResponse<ResponseFields>(pool, { owner, turnId });
  const end = previous && (await readTurnEnd(pool, turnId));
  if (!previous || !end) return null;
  if (end.isLast) return previous.chatId;
  const { chats: maxChats, storedBytes } = limits;
  const from = { chatId: previous.chatId, owner, atSeq: end.seq, maxChats, storedBytes };
  return (await heavy(owner, () => forkChat(pool, from))).id;
}
