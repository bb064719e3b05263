/**
 * Makes streamed text storable, with stable offsets. NUL is dropped, because Postgres does not store it. Half of a
 * surrogate pair at the end of a delta is held back until the other half arrives. A lone surrogate becomes U+FFFD.
 * Viewers and the log get the output, so that their offsets are equal.
 */
export type TextCleaner = {
  /** Returns the clean text, without a half pair that is held back; may be empty. */
  push(delta: string): string;
  /** Returns what is held back at the end of the stream. */
  end(): string;
};

const NUL = /\0/g;

/** The text without NUL, with U+FFFD for each lone surrogate. */
export function cleanText(text: string): string {
  return text.replace(NUL, '').toWellFormed();
}

export function createTextCleaner(): TextCleaner {
  let held = '';
  return {
    push(delta) {
      const text = held + delta.replace(NUL, '');
      const last = text.charCodeAt(text.length - 1);
      const cut = last >= 0xd800 && last <= 0xdbff ? text.length - 1 : text.length;
      held = text.slice(cut);
      return text.slice(0, cut).toWellFormed();
    },
    end() {
      const rest = held.toWellFormed();
      held = '';
      return rest;
    },
  };
}
