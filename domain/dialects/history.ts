/**
 * What a request with a whole history means for a chat:
 * - `turn`: one more message of the user.
 * - `again`: the reply to the user's message at `index` is made again; with `text` the message is another one. What
 *   followed it leaves the timeline.
 * - `newChat`: another conversation.
 */
export type HistoryPlan =
  | { plan: 'turn'; text: string }
  | { plan: 'again'; index: number; text: string | null }
  | { plan: 'newChat' };

/**
 * Compares the texts of the user's messages, trimmed. Those of the assistant are not compared: clients cut and rewrite
 * them. `sent` has at least one text.
 */
export function planHistory(known: readonly string[], sent: readonly string[]): HistoryPlan {
  const index = sent.length - 1;
  const text = sent[index] ?? '';
  if (index > known.length || !sent.slice(0, index).every((each, n) => isSame(each, known[n])))
    return { plan: 'newChat' };
  if (index === known.length) return { plan: 'turn', text };
  return { plan: 'again', index, text: isSame(text, known[index]) ? null : text };
}

const isSame = (a: string, b: string | undefined): boolean => b !== undefined && a.trim() === b.trim();
