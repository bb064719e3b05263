import type { Attachment } from '../attachments/attachment.js';
import { toHtml } from '../documents/html.js';
import type { ShownActivity } from '../turns/activity.js';
import type { TokenUsage } from '../turns/turn.js';

/** One message of the transcript, as clients read it. Those of role `system` are for people, not for models. */
export type Message = ShownActivity & {
  role: 'user' | 'assistant' | 'system';
  content: string;
  id: string;
  /** The same as `id`, by its older name. */
  messageId: string;
  at: string;
  speakerId?: string;
  truncated?: boolean;
  modelId?: string;
  /** Of a user's message. */
  attachments?: Attachment[];
  tokenUsage?: TokenUsage;
  /** An HTML fragment of `content`: paragraphs, with all of the text escaped. */
  html: string;
};

export function toMessage(role: Message['role'], content: string, id: string, at: string): Message {
  return { role, content, id, messageId: id, at, html: toHtml(content) };
}
