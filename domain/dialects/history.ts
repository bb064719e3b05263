/** A message of the user, as a chat has it. `answers`: the calls whose outputs came with it. */
export type KnownMessage = { text: string; answers: readonly string[] };

/** What a request sends of the user: all texts, and the calls whose outputs stand after the last reply. */
export type SentHistory = {
  texts: readonly string[];
  answers: readonly string[];
  /** Whether the last message is a text; else it is an output. */
  endsWithText: boolean;
};

/**
 * What a request with a whole history means for a chat:
 * - `turn`: one more message of the user.
 * - `outputs`: the outputs of functions that the client ran, for the chat's last reply. `before` is the message that brought
 *   them the last time: it and what followed it leave the timeline.
 * - `again`: the reply to the user's message at `index` is made again; with `text` the message is another one. What
 *   followed it leaves the timeline.
 * - `newChat`: another conversation.
 * `index` and `before` count all known messages.
 */
export type HistoryPlan =
  | { plan: 'turn'; text: string }
  | { plan: 'outputs'; before: number | null }
  | { plan: 'again'; index: number; text: string | null }
  | { plan: 'newChat' };

/**
 * Compares the texts of the user's messages, trimmed. Those of the assistant are not compared: clients cut and rewrite
 * them. A message without text that brought outputs is not compared either.
 */
export function planHistory(known: readonly KnownMessage[], sent: SentHistory): HistoryPlan {
  const said = known.flatMap(({ text, answers }, index) =>
    text === '' && answers.length > 0 ? [] : [{ text, index }],
  );
  const { texts, endsWithText } = sent;
  const before = endsWithText ? texts.slice(0, -1) : texts;
  if (before.length > said.length || !before.every((each, n) => isSame(each, said[n]?.text)))
    return { plan: 'newChat' };
  if (!endsWithText) return planOutputs(known, sent, before.length === said.length);
  const text = texts.at(-1) ?? '';
  const last = said[before.length];
  if (!last) return { plan: 'turn', text };
  return { plan: 'again', index: last.index, text: isSame(text, last.text) ? null : text };
}

/** `isLast`: the chat has no message of the user after those that were sent. */
function planOutputs(known: readonly KnownMessage[], { answers: sent }: SentHistory, isLast: boolean): HistoryPlan {
  const before = known.findIndex(({ answers }) => answers.some((callId) => sent.includes(callId)));
  if (before >= 0) return { plan: 'outputs', before };
  return isLast ? { plan: 'outputs', before: null } : { plan: 'newChat' };
}

const isSame = (a: string, b: string | undefined): boolean => b !== undefined && a.trim() === b.trim();
