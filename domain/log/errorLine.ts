import type { PublicError } from '../turns/turn.js';

type Shown = Pick<PublicError, 'message'>;

const lineOf = ({ message }: Shown) => `[Provider error: ${message}]`;

/**
 * The text of a reply with a last line that names the error. Used in document chats, where people read only the
 * message.
 */
export function withErrorLine(text: string, error: Shown): string {
  return `${text}${text === '' ? '' : '\n\n'}${lineOf(error)}`;
}

/** The text without the line that `withErrorLine` added. Prompts contain only what the model wrote. */
export function withoutErrorLine(text: string, error: Shown | null): string {
  if (!error || !text.endsWith(lineOf(error))) return text;
  return text.slice(0, -lineOf(error).length).replace(/\n\n$/, '');
}
