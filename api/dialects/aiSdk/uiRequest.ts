import { z } from 'zod';
import type { NewChat } from '../../../db/chats/newChat.js';
import type { ClientFunctions, ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { newChatBody, toNewChat } from '../../chats/newChat.js';
import { Problem } from '../../http/problem.js';
import { readPageFunctions } from '../core/functions.js';
import { textOrImages } from '../core/images.js';

const part = z.looseObject({ type: z.string() });
const uiMessage = z.looseObject({
  id: z.string().max(500).nullish(),
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(part).nullish(),
  content: z.string().nullish(),
});
type UiMessage = z.output<typeof uiMessage>;

const body = z.looseObject({
  id: z.string().min(1).max(500).nullish(),
  messages: z.array(uiMessage).nullish(),
  message: uiMessage.nullish(),
  trigger: z.enum(['submit-message', 'regenerate-message']).nullish(),
  messageId: z.string().max(500).nullish(),
  tools: z.unknown().optional(),
});

export type Approval = { callId: string; approved: boolean; comment: string | undefined };

export type UiRequest = {
  /** How the client names the chat; null: a new chat. */
  clientId: string | null;
  asks:
    | {
        what: 'submit';
        /** Empty where the client only sends outputs of its functions. */
        text: string;
        images: string[];
        outputs: ClientOutput[];
        clientMessageId: string | null;
        edits: string | null;
        /** The message that the reply continues. */
        continues?: string | null;
      }
    | { what: 'regenerate'; messageId: string | null }
    | { what: 'approve'; approvals: Approval[] };
  /** A person's answers that came along with a message: those of earlier turns too. */
  approvals: Approval[];
  newChat: () => NewChat;
  functions?: ClientFunctions | undefined;
};

/** Reads the body of a stock page. Its history is not trusted: only the newest text, ids and approvals count. */
export function readUiRequest(given: unknown): UiRequest {
  const parsed = body.safeParse(given ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Problem('invalid_body', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { id, messages, message, trigger, messageId, tools, ...rest } = parsed.data;
  const all = [...(messages ?? []), ...(message ? [message] : [])];
  const approvals = all.flatMap(({ parts }) => (parts ?? []).flatMap(approvalOf));
  const newChat = () => readNewChat(rest);
  const request = { clientId: id ?? null, newChat, approvals, functions: readPageFunctions(tools) };
  if (trigger === 'regenerate-message')
    return { ...request, asks: { what: 'regenerate', messageId: messageId ?? null } };
  const last = all.at(-1);
  if (last?.role !== 'user' && approvals.length > 0) return { ...request, asks: { what: 'approve', approvals } };
  const outputs = outputsOf(all.findLast(({ role }) => role === 'assistant'));
  if (last?.role === 'assistant' && outputs.length > 0) {
    const asks = { text: '', images: [], outputs, clientMessageId: null, edits: null, continues: last.id ?? null };
    return { ...request, asks: { what: 'submit', ...asks } };
  }
  if (last?.role !== 'user') throw new Problem('invalid_body', 'messages: the last one must be of the user');
  const images = imagesOf(last);
  const text = textOrImages(textOf(last), images);
  if (text.trim() === '') throw new Problem('empty_text');
  const ids = {
    clientMessageId: last.id ?? null,
    edits: messageId && isReply(messageId, all) ? null : (messageId ?? null),
  };
  return { ...request, asks: { what: 'submit', text, images, outputs, ...ids } };
}

/** Whether an id is that of a reply. Version 7 names one when it sends answers to its calls, and edits none. */
const isReply = (messageId: string, messages: readonly UiMessage[]): boolean =>
  /^turn_[^:]+$/.test(messageId) || messages.some(({ id, role }) => id === messageId && role === 'assistant');

function textOf({ parts, content }: UiMessage): string {
  const texts = (parts ?? []).flatMap((each) =>
    each.type === 'text' && typeof each.text === 'string' ? [each.text] : [],
  );
  return texts.length > 0 ? texts.join('\n') : (content ?? '');
}

function imagesOf({ parts }: UiMessage): string[] {
  return (parts ?? []).flatMap(({ type, mediaType, url }) => {
    const isImage = type === 'file' && typeof mediaType === 'string' && mediaType.startsWith('image/');
    return isImage ? [typeof url === 'string' ? url : ''] : [];
  });
}

const ended = z.looseObject({
  type: z.string().regex(/^(tool-|dynamic-tool$)/),
  toolCallId: z.string(),
  state: z.enum(['output-available', 'output-error']),
  providerExecuted: z.boolean().nullish(),
  output: z.unknown().optional(),
  errorText: z.string().nullish(),
});

/** What the page's functions gave. Tools that ran here are `providerExecuted`. */
function outputsOf(message: UiMessage | undefined): ClientOutput[] {
  return (message?.parts ?? []).flatMap((given): ClientOutput[] => {
    const parsed = ended.safeParse(given);
    if (!parsed.success || parsed.data.providerExecuted) return [];
    const { toolCallId: callId, state, output, errorText } = parsed.data;
    const success = state === 'output-available';
    return [{ callId, success, output: success ? textOfOutput(output) : (errorText ?? '') }];
  });
}

const textOfOutput = (output: unknown): string =>
  typeof output === 'string' ? output : (JSON.stringify(output) ?? '');

const responded = z.looseObject({
  state: z.literal('approval-responded'),
  toolCallId: z.string(),
  approval: z.looseObject({ id: z.string(), approved: z.boolean(), reason: z.string().nullish() }),
});
/** How version 5, which has no approvals of its own, sends them. */
const dataApproval = z.looseObject({
  type: z.literal('data-approval'),
  data: z.looseObject({ callId: z.string(), approved: z.boolean(), reason: z.string().nullish() }),
});

function approvalOf(given: unknown): Approval[] {
  const own = responded.safeParse(given);
  if (own.success) {
    const { id, approved, reason } = own.data.approval;
    return [{ callId: id, approved, comment: reason ?? undefined }];
  }
  const data = dataApproval.safeParse(given);
  if (!data.success) return [];
  const { callId, approved, reason } = data.data.data;
  return [{ callId, approved, comment: reason ?? undefined }];
}

/** By kind of chat, the fields that a new one may have. `settings` is a likely name of a page's own field. */
const fieldsOf = new Map<unknown, readonly string[]>(
  newChatBody.options.map(({ shape: { settings: _, ...shape } }) => [shape.kind.value, Object.keys(shape)]),
);

/**
 * The chat that a first message makes: by default an agent without tools. A page's own fields may have the names of such
 * fields: those that are null or belong to another kind are left out. Throws `invalid_body`.
 */
export function readNewChat(rest: Record<string, unknown>): NewChat {
  const kind = rest.kind ?? 'agent';
  const named = (fieldsOf.get(kind) ?? []).flatMap((name) => (rest[name] == null ? [] : [[name, rest[name]]]));
  const defaults = kind === 'agent' ? { enabledTools: [] } : {};
  const parsed = newChatBody.safeParse({ ...defaults, ...Object.fromEntries(named), kind });
  if (parsed.success) return toNewChat(parsed.data);
  const issue = parsed.error.issues[0];
  throw new Problem('invalid_body', `${issue?.path.join('.') || 'kind'}: ${issue?.message ?? 'is not valid'}`);
}
