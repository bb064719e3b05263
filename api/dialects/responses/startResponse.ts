import type { Request, Response } from 'express';
import { readHandedCalls } from '../../../db/agents/clientFunctions.js';
import { readChat } from '../../../db/chats/chats.js';
import { createChat, type EarlierMessage } from '../../../db/chats/newChat.js';
import { ChatRefused } from '../../../db/core/refused.js';
import { findNamedChat } from '../../../db/dialects/chatNames.js';
import { beginRequest, findRequestTurn, keepRequestChat } from '../../../db/dialects/requests.js';
import { findResponse, keepResponse, readTurnEnd, type StoredResponse } from '../../../db/dialects/responses.js';
import { forkChat } from '../../../db/timeline/fork.js';
import type { HeavyWork } from '../../limits/heavyWork.js';
import { answersAs, settingsOf } from '../core/followSettings.js';
import { attachFiles } from '../core/images.js';
import { chatOfModel } from '../core/modelChat.js';
import { invalidRequest, OpenAiRefused } from '../core/openaiErrors.js';
import { findStrayOutput, mustFit } from '../core/outputs.js';
import { retriedRequest } from '../core/retriedRequest.js';
import { type StartDeps, type StartedTurn, whenFree } from '../core/startTurn.js';
import type { ResponseFields } from './responseObject.js';
import { noCall, type ResponseRequest } from './responseRequest.js';

export type StartResponseDeps = StartDeps & { relays: boolean; heavy: HeavyWork };

/** Clients of this mount name their conversations by the ids that they get. */
const MOUNT = 'openai';
/** Requests that come after one response at the same time: each try takes another chat than the one before. */
const MAX_TRIES = 5;

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

/** Accepts the turn after the response that the request names; in a fork when another turn has come there meanwhile. */
async function acceptResponse(
  deps: StartResponseDeps,
  { owner, level, key, chatId }: Accepting,
  asked: ResponseRequest,
): Promise<StartedTurn> {
  mustFit(asked.said.outputs);
  // Before a chat is made: a file may be refused.
  const attachments = await attachFiles(deps, owner, asked.said.files);
  for (let tries = 1; ; tries++) {
    const chat = (tries === 1 ? chatId : null) ?? (await chatOf(deps, owner, asked));
    await keepRequestChat(deps.pool, key, chat);
    await mustBeCalled(deps, chat, asked);
    try {
      const turn = await turnOf(deps, { owner, chatId: chat }, asked);
      const how = { whenBusy: 'enqueue', whenFailed: 'fail', idempotencyKey: key, callerLevel: level } as const;
      const { turnId } = await deps.acceptTurn({ ...turn, ...how, owner, chatId: chat, attachments });
      return { chatId: chat, turnId };
    } catch (error) {
      if (!(error instanceof ChatRefused) || error.code !== 'not_last_turn' || tries === MAX_TRIES) throw error;
    }
  }
}

async function turnOf(deps: StartResponseDeps, chat: { owner: string; chatId: string }, asked: ResponseRequest) {
  const { said, functions, fields, instructions } = asked;
  const { temperature, max_output_tokens: maxTokens, model } = fields;
  const after = await readPrevious(deps, chat.owner, asked);
  return {
    text: said.text ?? '',
    functions,
    outputs: said.outputs,
    options: { ...(temperature === null ? {} : { temperature }), ...(maxTokens === null ? {} : { maxTokens }) },
    preparation: {
      after: after?.chatId === chat.chatId ? after.turnId : undefined,
      messages: await newMessages(deps, chat.chatId, asked),
      settings: settingsOf({ model, instructions }),
    },
  };
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
  if (known) return known;
  const stray = said.strays[0];
  if (stray) throw invalidRequest(noCall(stray.callId), 'input');
  const wishes = { model: fields.model, instructions, earlier: [], relays: deps.relays };
  return (await createChat(deps.pool, owner, chatOfModel(wishes), deps.limits)).id;
}

/** The chat that a request continues; null if it begins one. */
async function knownChat(deps: StartResponseDeps, owner: string, asked: ResponseRequest): Promise<string | null> {
  const { fields, conversation, said } = asked;
  if (conversation !== null) {
    const chatId = await findNamedChat(deps.pool, { owner, mount: MOUNT, clientId: conversation });
    if (!chatId) throw notFound(`Conversation with id '${conversation.slice(0, 100)}' not found.`);
    await mustAnswer(deps, { owner, chatId }, asked);
    return chatId;
  }
  const previous = await readPrevious(deps, owner, asked);
  if (previous) {
    await mustAnswer(deps, { owner, chatId: previous.chatId }, asked);
    return chatAfter(deps, owner, previous);
  }
  const { previous_response_id: id } = fields;
  if (id !== null) {
    const message = `Previous response with id '${id.slice(0, 100)}' not found.`;
    throw invalidRequest(message, 'previous_response_id', 'previous_response_not_found');
  }
  if (said.reference === null) return null;
  throw notFound(`Item with id '${said.reference.slice(0, 100)}' not found.`);
}

/** The chat answers as the model of the request. Throws `OpenAiRefused`. */
async function mustAnswer(
  { pool, relays }: StartResponseDeps,
  { owner, chatId }: { owner: string; chatId: string },
  { fields, instructions, conversation }: ResponseRequest,
): Promise<void> {
  const chat = await readChat(pool, owner, chatId);
  const wanted = chatOfModel({ model: fields.model, instructions, earlier: [], relays });
  // A client that has only names of models may name any chat by its id.
  if (!chat || (conversation !== null && wanted.kind === 'agent') || answersAs(chat, wanted)) return;
  throw invalidRequest('model: another one answers in this conversation', 'model', 'unsupported_value');
}

/** The response that a request continues; null if it names none, a conversation, or one that the owner does not have. */
async function readPrevious({ pool }: StartResponseDeps, owner: string, asked: ResponseRequest) {
  const { fields, conversation, said } = asked;
  const turnId = fields.previous_response_id ?? (said.reference === null ? null : turnOfItem(said.reference));
  return turnId === null || conversation !== null ? null : findResponse<ResponseFields>(pool, { owner, turnId });
}

/** The response of an item of an output, by the item's id. */
const turnOfItem = (itemId: string): string => `turn_${/^[a-z]+_([0-9a-f-]{36})_/.exec(itemId)?.[1] ?? ''}`;

/** The chat of an earlier response, or a fork of it where that is not the last one. A fork waits for the floor. */
async function chatAfter(deps: StartResponseDeps, owner: string, previous: Previous): Promise<string> {
  const { pool, heavy, limits } = deps;
  const { chatId, turnId } = previous;
  return whenFree(deps, { owner, chatId }, async () => {
    const end = await readTurnEnd(pool, turnId);
    if (!end || end.isLast) return chatId;
    const { chats: maxChats, storedBytes } = limits;
    const from = { chatId, owner, atSeq: { line: end.line }, maxChats, storedBytes };
    return (await heavy(owner, () => forkChat(pool, from))).id;
  });
}
type Previous = Pick<StoredResponse<ResponseFields>, 'chatId' | 'turnId'>;
