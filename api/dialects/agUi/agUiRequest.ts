import { z } from 'zod';
import type { NewChat } from '../../../db/chats/newChat.js';
import type { ClientFunctions, ClientOutput } from '../../../domain/agents/clientFunctions.js';
import { Problem } from '../../http/problem.js';
import { type Approval, readNewChat } from '../aiSdk/uiRequest.js';
import { readPageFunctions } from '../core/functions.js';
import { textOrImages } from '../core/images.js';
import { outputText } from '../core/outputs.js';
import type { AgUiMessage } from './agUiMessages.js';

const message = z.looseObject({
  id: z.string().max(500),
  role: z.string(),
  content: z.unknown().optional(),
  toolCallId: z.string().optional(),
  error: z.string().nullish(),
});
type SentMessage = z.output<typeof message>;

const body = z.looseObject({
  threadId: z.string().min(1).max(500),
  runId: z.string().min(1).max(200),
  protocolVersion: z.unknown().optional(),
  messages: z.array(message).default([]),
  tools: z.unknown().optional(),
  forwardedProps: z.unknown().optional(),
  resume: z
    .array(
      z.looseObject({
        interruptId: z.string(),
        status: z.enum(['resolved', 'cancelled']),
        payload: z.unknown().optional(),
      }),
    )
    .nullish(),
});

export type AgUiRequest = {
  threadId: string;
  runId: string;
  /** Clients name the version of the protocol since 1.0. */
  namesVersion: boolean;
  messages: AgUiMessage[];
  approvals: Approval[];
  newChat: () => NewChat;
  /** The newest message of the user, or of a function; null if there is none. The text of a function's message is empty. */
  said: { id: string; text: string; images: string[] } | null;
  /** What the client's functions gave after the last reply. */
  outputs: ClientOutput[];
  functions: ClientFunctions | undefined;
};

/** `reason` is the word of AG-UI's clients for a comment. */
const answer = z.looseObject({
  approved: z.boolean(),
  reason: z.string().nullish(),
  comment: z.string().nullish(),
});

/** Reads the input of a run. Fields that are not known are ignored. Throws `invalid_body`. */
export function readAgUiRequest(given: unknown): AgUiRequest {
  const parsed = body.safeParse(given ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Problem('invalid_body', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`);
  }
  const { threadId, runId, protocolVersion, messages, tools, forwardedProps, resume } = parsed.data;
  return {
    threadId,
    runId,
    namesVersion: typeof protocolVersion === 'string',
    messages: messages as AgUiMessage[],
    newChat: () => readNewChat(typeof forwardedProps === 'object' && forwardedProps ? { ...forwardedProps } : {}),
    said: saidOf(messages.at(-1)),
    outputs: outputsOf(messages),
    functions: readPageFunctions(tools),
    approvals: (resume ?? []).map(({ interruptId, status, payload }) => {
      const said = answer.safeParse(payload);
      const approved = status === 'resolved' && (said.success ? said.data.approved : payload === true);
      const comment = said.success ? said.data.reason || said.data.comment || undefined : undefined;
      return { callId: interruptId, approved, comment };
    }),
  };
}

function saidOf(last: SentMessage | undefined): AgUiRequest['said'] {
  if (last?.role === 'tool') return { id: last.id, text: '', images: [] };
  if (last?.role !== 'user') return null;
  const images = imagesOf(last.content);
  return { id: last.id, text: textOrImages(textOf(last.content), images), images };
}

function outputsOf(messages: readonly SentMessage[]): ClientOutput[] {
  const since = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  return messages.slice(since).flatMap(({ role, toolCallId, content, error }): ClientOutput[] => {
    if (role !== 'tool' || toolCallId === undefined) return [];
    return [{ callId: toolCallId, output: outputText(content) || (error ?? ''), success: !error }];
  });
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? (content as { type?: unknown; text?: unknown }[]) : [];
  return parts.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : [])).join('\n');
}

type ImagePart = { type?: unknown; source?: { type?: unknown; value?: unknown; mimeType?: unknown } };

/** Images as `data:` URLs. A source of another type is refused as a URL of that kind. */
function imagesOf(content: unknown): string[] {
  const parts = Array.isArray(content) ? (content as ImagePart[]) : [];
  return parts.flatMap(({ type, source }) => {
    if (type !== 'image') return [];
    const isData = source?.type === 'data' && typeof source.value === 'string';
    return [isData ? `data:${String(source.mimeType)};base64,${String(source.value)}` : ''];
  });
}
