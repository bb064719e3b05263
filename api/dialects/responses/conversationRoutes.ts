import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { deleteChat } from '../../../db/chats/deleteChat.js';
import { addMessages } from '../../../db/dialects/addMessages.js';
import { findOrMakeChat } from '../../../db/dialects/chatNames.js';
import { type Conversation, findConversation, keepMetadata } from '../../../db/dialects/conversations.js';
import { beginRequest } from '../../../db/dialects/requests.js';
import { findMessage, parseMessageId, readMessages } from '../../../db/timeline/messages.js';
import type { AgentStep } from '../../../domain/log/events.js';
import type { Message } from '../../../domain/timeline/message.js';
import { invalidRequest, invalidShape, OpenAiRefused } from '../core/openaiErrors.js';
import { retriedRequest } from '../core/retriedRequest.js';
import { type DeletionDeps, deleteTurn } from './deletions.js';
import { argumentsOf } from './responseObject.js';
import { readAddedItems } from './responseRequest.js';
import type { ResponseDeps } from './responseRoutes.js';

export type ConversationDeps = DeletionDeps & Pick<ResponseDeps, 'stopTurn'>;

const MOUNT = 'openai';
/** The most items of a page. */
const MAX_PAGE = 100;

const body = z.looseObject({
  items: z.array(z.looseObject({})).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** The routes of OpenAI's Conversations API: a conversation is a chat, its items are the messages of the transcript. */
export function conversationRoutes(deps: ConversationDeps): Router {
  const { pool } = deps;
  const router = Router();
  const ownerOf = (response: Response): string => response.locals.owner;

  async function found(request: Request, response: Response): Promise<Conversation> {
    const id = String(request.params.id);
    const conversation = await findConversation(pool, { owner: ownerOf(response), mount: MOUNT, id });
    if (!conversation) throw notFound(`Conversation with id '${id.slice(0, 100)}' not found.`);
    return conversation;
  }

  router.post('/conversations', async (request, response) => {
    const { items, metadata } = readBody(request.body);
    const owner = ownerOf(response);
    const { messages: earlier, instructions } = readAddedItems(items ?? []);
    const prompt = instructions.length > 0 ? { systemPrompt: instructions.join('\n\n') } : {};
    const settings = { enabledTools: [], ...prompt };
    const fields = { kind: 'agent' as const, title: null, documentId: null, earlier, settings };
    const { id: clientId } = await beginRequest(pool, retriedRequest(request, response, { mount: MOUNT }));
    // The request names the chat, so that a repeat finds it even while the first one makes it.
    const { chatId: id } = await findOrMakeChat(pool, { owner, mount: MOUNT, clientId }, fields, {
      limits: deps.limits,
    });
    await keepMetadata(pool, { owner, mount: MOUNT, id }, metadata ?? {});
    const made = await findConversation(pool, { owner, mount: MOUNT, id });
    if (!made) throw notFound('The conversation was deleted.');
    response.json(toObject(made));
  });

  router.get('/conversations/:id', async (request, response) => {
    response.json(toObject(await found(request, response)));
  });

  router.post('/conversations/:id', async (request, response) => {
    const conversation = await found(request, response);
    const metadata = readBody(request.body).metadata ?? {};
    await keepMetadata(pool, { owner: ownerOf(response), mount: MOUNT, id: conversation.chatId }, metadata);
    response.json(toObject({ ...conversation, metadata }));
  });

  router.delete('/conversations/:id', async (request, response) => {
    const { chatId: id } = await found(request, response);
    const { stopping } = await deleteChat(pool, ownerOf(response), id);
    if (stopping) deps.stopTurn(stopping);
    deps.chatPurge.start();
    response.json({ id, object: 'conversation.deleted', deleted: true });
  });

  router.get('/conversations/:id/items', async (request, response) => {
    const { chatId } = await found(request, response);
    const page = await readPage(deps, chatId, request.query);
    response.json(listObject(page.items, page.more));
  });

  router.post('/conversations/:id/items', async (request, response) => {
    const { chatId } = await found(request, response);
    const { messages, instructions } = readAddedItems(readBody(request.body).items ?? []);
    if (instructions.length > 0) throw invalidRequest(noSystem, 'items', 'unsupported_value');
    const { id: key } = await beginRequest(pool, retriedRequest(request, response, { mount: MOUNT }));
    const seqs = await addMessages(
      pool,
      { owner: ownerOf(response), chatId, storedBytes: deps.limits.storedBytes },
      messages,
      key,
    );
    const items = messages.map(({ role, text }, n) => itemOf({ role, content: text, id: `message:${seqs[n]}` }));
    response.json(listObject(items, false));
  });

  router.get('/conversations/:id/items/:item', async (request, response) => {
    const { chatId } = await found(request, response);
    const id = parseMessageId(messageIdOf(String(request.params.item)));
    const place = id && (await findMessage(pool, chatId, id));
    const batches = place ? readMessages(pool, chatId, { after: { id: '', anchor: place.anchor - 1 }, limit: 50 }) : [];
    for await (const messages of batches) {
      const message = messages.find((each) => each.id === id?.id);
      const item = message && itemsOf(message).find((each) => each.id === request.params.item);
      if (item) return void response.json(item);
      break;
    }
    throw notFound(`Item with id '${String(request.params.item).slice(0, 100)}' not found.`);
  });

  // A turn's messages belong together: its question and its reply leave the conversation with what followed from them.
  router.delete('/conversations/:id/items/:item', async (request, response) => {
    const conversation = await found(request, response);
    const { chatId } = conversation;
    const id = parseMessageId(messageIdOf(String(request.params.item)));
    if (!id || !(await findMessage(pool, chatId, id)))
      throw notFound(`Item with id '${String(request.params.item).slice(0, 100)}' not found.`);
    if (!('turnId' in id))
      throw invalidRequest('Items that were added to a conversation can not be deleted', null, 'unsupported_value');
    await deleteTurn(deps, { owner: ownerOf(response), chatId, turnId: id.turnId });
    response.json(toObject(conversation));
  });

  return router;
}

const notFound = (message: string) =>
  new OpenAiRefused(404, { message, type: 'invalid_request_error', param: null, code: 'not_found' });

function readBody(given: unknown): z.output<typeof body> {
  const parsed = body.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  throw invalidShape(parsed.error);
}

const noSystem =
  'items: system and developer messages can be given with a new conversation, or as instructions of a response';

const toObject = ({ chatId, metadata, createdAt }: Conversation) => ({
  id: chatId,
  object: 'conversation',
  created_at: Math.floor(createdAt.getTime() / 1_000),
  metadata,
});

/** Ids of items have no colon, as clients expect. */
const itemIdOf = (messageId: string) => `msg_${messageId.replace(':', '.')}`;
const messageIdOf = (itemId: string) =>
  itemId
    .replace(/^[a-z]+_/, '')
    .replace(/~.*$/, '')
    .replace('.', ':');

function itemOf({ id, role, content }: Pick<Message, 'id' | 'role' | 'content'>) {
  const part =
    role === 'assistant'
      ? { type: 'output_text', text: content, annotations: [], logprobs: [] }
      : { type: 'input_text', text: content };
  return { id: itemIdOf(id), type: 'message', status: 'completed', role, content: [part] };
}

/** The items of a message: its text, the calls that its client runs, and what they gave. */
function itemsOf(message: Message): Item[] {
  const { id, role, content, steps = [], toolCalls = [] } = message;
  const ofSteps = (steps as readonly AgentStep[]).flatMap(({ client, callId = '', name = '', arguments: sent }) =>
    client ? [{ id: callId, name, arguments: sent }] : [],
  );
  // Without steps it is a message that was added, with the calls of then.
  const calls = role === 'assistant' ? [...ofSteps, ...(steps.length > 0 ? [] : toolCalls)] : [];
  const ended = role === 'user' || steps.length === 0 ? toolCalls.filter(({ result }) => result !== undefined) : [];
  const item = (prefix: string, type: string, callId: string, fields: object): Item => {
    const own = `${prefix}_${id.replace(':', '.')}~${callId}`;
    return { id: own, type, status: 'completed', call_id: callId, ...fields };
  };
  const outputs = ended.map((call) => item('fco', 'function_call_output', call.id, { output: call.result }));
  const text = content === '' && outputs.length + calls.length > 0 ? [] : [itemOf(message)];
  if (role === 'user') return [...outputs, ...text];
  const asked = calls.map(({ id: callId, name, arguments: sent }) =>
    item('fc', 'function_call', callId, { name, arguments: argumentsOf(sent) }),
  );
  return [...text, ...asked, ...outputs];
}
type Item = { id: string; type: string } & Record<string, unknown>;

async function readPage({ pool }: Pick<ConversationDeps, 'pool'>, chatId: string, query: Request['query']) {
  const limit = Math.min(MAX_PAGE, Math.max(1, Number(query.limit ?? 20) || 20));
  const id = typeof query.after === 'string' ? parseMessageId(messageIdOf(query.after)) : null;
  const after = id && (await findMessage(pool, chatId, id));
  if (query.after !== undefined && !after) throw invalidRequest('after: is not the id of an item', 'after');
  const order = query.order === 'asc' ? 'asc' : 'desc';
  const found: Message[] = [];
  for await (const messages of readMessages(pool, chatId, { after, limit: limit + 1, order })) {
    found.push(...messages);
    if (found.length > limit) break;
  }
  // A page ends with a message: its items have one place.
  const items = found.slice(0, limit).map(itemsOf);
  return { items: items.flatMap((own) => (order === 'asc' ? own : own.reverse())), more: found.length > limit };
}

const listObject = (data: Item[], more: boolean) => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: more,
});
