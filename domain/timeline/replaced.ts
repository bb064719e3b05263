import type { Message } from './message.js';

/** What a turn replaces that makes a reply again. `turnIds`: all versions of the reply. `text`: the message, if it is edited. */
export type Replacement = { turnIds: ReadonlySet<string>; text: string | null };

/** The turn of a message's id; null of a message of no turn. */
export const turnIdOf = (messageId: string): string | null => /^(turn_[^:]+):/.exec(messageId)?.[1] ?? null;

/**
 * The messages without the reply of a turn that runs, which comes on its stream. What it replaces stays in the timeline until
 * it lands, and is left out too; an edited message has its new text.
 */
export function withoutRunning(
  messages: readonly Message[],
  turnId: string | null,
  replacement: Replacement | null,
): Message[] {
  const isGone = (id: string | null) => id !== null && (id === turnId || (replacement?.turnIds.has(id) ?? false));
  return messages.flatMap((message) => {
    const own = turnIdOf(message.id);
    if (message.role === 'assistant') return isGone(own) ? [] : [message];
    const edited = own !== null && replacement?.turnIds.has(own) ? replacement.text : null;
    return [edited === null ? message : { ...message, content: edited }];
  });
}
