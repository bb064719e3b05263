import type { CharacterBook } from './cardData.js';

/** What the card of a speaker adds to the prompt, beside the persona. */
export type SpeakerCard = {
  systemPrompt: string;
  postHistoryInstructions: string;
  /** Example dialogue, in parts that begin with `<START>`. */
  examples: string;
  book: CharacterBook | null;
};
