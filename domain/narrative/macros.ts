/** Who the macros of a text stand for. */
export type MacroNames = {
  /** The user's name, for `{{user}}`. */
  user: string;
  /** The character's name, for `{{char}}`. */
  char: string;
};

/** The forms in capitals are those of the oldest cards; in small letters they may be markup. */
const names = /\{\{\s{0,8}(user|char)\s{0,8}\}\}/gi;
const oldNames = /<(USER|BOT|CHAR)>/g;
const original = /\{\{\s{0,8}original\s{0,8}\}\}/gi;

/** A name may be 25 times as long as its macro, so that a text of macros alone would fill the memory. */
const MAX_REPLACED = 10_000;

/**
 * Replaces the first 10,000 `{{user}}` and `{{char}}`, in any case, by names. Other macros stay as they are. Takes linear
 * time.
 */
export function replaceMacros(text: string, { user, char }: MacroNames): string {
  let left = MAX_REPLACED;
  const nameOf = (found: string, macro: string) => {
    if (--left < 0) return found;
    return macro.toLowerCase() === 'user' ? user : char;
  };
  // Functions, since a name may hold `$&`.
  return text.replace(names, nameOf).replace(oldNames, nameOf);
}

/** Replaces `{{original}}` by the text that a card's own text stands in place of. */
export const replaceOriginal = (text: string, by: string): string => text.replace(original, () => by);

export const hasOriginal = (text: string): boolean => text.search(original) >= 0;
