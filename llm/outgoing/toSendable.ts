import type { ChatMessage } from '../../domain/agents/chatMessage.js';
import { alternateRoles } from './alternateRoles.js';
import type { CallIdForm } from './callIds.js';
import { sendableImages } from './images.js';
import { sendableCalls } from './sendableCalls.js';

/** What a server requires of messages beyond the API. Without rules they are sent as OpenAI accepts them. */
export type SendableRules = {
  /** Roles alternate: system, user, assistant, user and so on. Default: false. */
  alternateRoles?: boolean;
  /** Whether there are system messages. Without them their text is part of user messages. Default: true. */
  systemRole?: boolean;
  /** Whether the content beside calls may be null. Otherwise it is an empty text. Default: true. */
  nullContent?: boolean;
  /** Whether reasoning goes back as `reasoning_content`. Default: where the server sent it under this name. */
  reasoningContent?: boolean;
  /** Which ids of calls are accepted. Default: any. */
  callIds?: CallIdForm;
  /** Whether text files are parts of a message's content. Otherwise they follow its text. Default: true. */
  textParts?: boolean;
  /** Which images are sent; a note replaces the others. Default: `all`. */
  images?: 'all' | 'new' | 'none';
};

/**
 * Makes the messages of a prompt fit to send: their calls are valid, and roles alternate if the server requires it. A
 * prompt of system messages only ends with a user's message, because most servers refuse to answer it otherwise. `offered`
 * are the names of the tools in the request. Messages of a prompt that is valid already are returned unchanged.
 */
export function toSendable(
  messages: ChatMessage[],
  rules: SendableRules = {},
  offered: readonly string[] = [],
): ChatMessage[] {
  const valid = sendableCalls(sendableImages(messages, rules.images), offered, rules.callIds);
  if (rules.alternateRoles || rules.systemRole === false)
    return alternateRoles(valid, { systemRole: rules.systemRole ?? true });
  const last = valid.at(-1);
  if (valid.length < 2 || last?.role !== 'system' || !valid.every(({ role }) => role === 'system')) return valid;
  return [...valid.slice(0, -1), { role: 'user', content: last.content }];
}
