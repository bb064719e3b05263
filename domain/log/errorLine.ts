import type { PublicError } from '../turns/turn.js';

type Shown = Pick<PublicError, 'message'>;

const lineOf = ({ message }: Shown) => `[Provider error: ${message}]`;

/** In a document's thread people see in the message itself that the provider failed. */
export function withErrorLine(text: string, error: Shown): string {
  return `${text}${text === '' ? '' : '\n\n'}${lineOf(error)}`;
}

/** What the model itself said, which is what a later prompt holds. */
export function withoutErrorLine(text: string, error: Shown | null): string {
  if (!error || !text.endsWith(lineOf(error))) return text;
  return text.slice(0, -lineOf(error).length).replace(/\n\n$/, '');
}
