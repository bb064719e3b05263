import { readChat } from '../../../db/chats/chats.js';
import { createChat } from '../../../db/chats/newChat.js';
import { findNamedChat } from '../../../db/dialects/chatNames.js';
import type { DialectRequest } from '../../../db/dialects/requests.js';
import { findResponse, readTurnEnd, type StoredResponse } from '../../../db/dialects/responses.js';
import { forkChat } from '../../../db/timeline/fork.js';
import type { HeavyWork } from '../../limits/heavyWork.js';
import { answersAs } from '../core/followSettings.js';
import { chatOfModel } from '../core/modelChat.js';
import { invalidRequest, OpenAiRefused } from '../core/openaiErrors.js';
import { type StartDeps, whenFree } from '../core/startTurn.js';
import type { ResponseFields } from './responseObject.js';
import { noCall, type ResponseRequest } from './responseRequest.js';

export type StartResponseDeps = StartDeps & { relays: boolean; heavy: HeavyWork };

/** Clients of this mount name their conversations by the ids that they get. */
export const MOUNT = 'openai';

export const notFound = (message: string) =>
  new OpenAiRefused(404, { message, type: 'invalid_request_error', param: null, code: 'not_found' });

/** The response that a request continues. */
export type Previous = Pick<StoredResponse<ResponseFields>, 'chatId' | 'turnId'>;

/** `previous`: null if the request continues no response, or names a conversation. */
export type Continued = { owner: string; begun: DialectRequest; previous: Previous | null };

/** The chat in which a response is made. Throws `OpenAiRefused`. */
export async function chatOf(deps: StartResponseDeps, continued: Continued, asked: ResponseRequest): Promise<string> {
  const { owner } = continued;
  const { fields, instructions, said } = asked;
  const known = await knownChat(deps, continued, asked);
  if (known) return known;
  const stray = said.strays[0];
  if (stray) throw invalidRequest(noCall(stray.callId), 'input');
  const wishes = { model: fields.model, instructions, earlier: [], relays: deps.relays };
  return (await createChat(deps.pool, owner, chatOfModel(wishes), deps.limits)).id;
}

/** The chat that a request continues; null if it begins one. */
async function knownChat(
  deps: StartResponseDeps,
  { owner, begun, previous }: Continued,
  asked: ResponseRequest,
): Promise<string | null> {
  const { fields, conversation, said } = asked;
  if (conversation !== null) {
    const named = { owner, mount: MOUNT, clientId: conversation };
    const chatId = begun.repeats ? await findNamedChat(deps.pool, named) : begun.chatId;
    if (!chatId) throw notFound(`Conversation with id '${conversation.slice(0, 100)}' not found.`);
    await mustAnswer(deps, { owner, chatId }, asked);
    return chatId;
  }
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
  const wanted = chatOfModel({ model: fields.model, instructions, earlier: [], relays });
  // A client that has only names of models may name any chat by its id.
  if (conversation !== null && wanted.kind === 'agent') return;
  const chat = await readChat(pool, owner, chatId);
  if (!chat || answersAs(chat, wanted)) return;
  throw invalidRequest('model: another one answers in this conversation', 'model', 'unsupported_value');
}

/** The response that a request continues; null if it names none, a conversation, or one that the owner does not have. */
export async function readPrevious({ pool }: StartResponseDeps, owner: string, asked: ResponseRequest) {
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
