/** The end of a text that a request repeats, in UTF-16 code units: the model needs no more to go on from it. */
const MAX_REPEATED = 24_000;

const INSTRUCTION =
  '((Your last message was cut short. Go on from exactly where it ends, in the same voice and form. Begin with the next word. Repeat nothing of it, and do not mention that you go on.))';

/** What the draft of a continued reply begins with, where the model writes a message of its own: whole words follow. */
export const continuedText = (text: string): string => (/\s$/u.test(text) ? text : `${text} `);

type Said = { role: 'user' | 'assistant'; content: string };

/** The messages by which a model that can not continue a message is told to go on from a text. */
export const continuePrompt = <M>(messages: readonly M[], text: string): (M | Said)[] => [
  ...messages,
  { role: 'assistant', content: lastOf(text) },
  { role: 'user', content: INSTRUCTION },
];

/** Never begins within a surrogate pair. */
function lastOf(text: string): string {
  const end = text.slice(-MAX_REPEATED);
  return end.length < text.length && /^[\uDC00-\uDFFF]/.test(end) ? end.slice(1) : end;
}
