/**
 * Makes streamed text storable and its offsets stable: NUL is dropped (Postgres keeps none), a surrogate pair
 * cut between two deltas is held back until it is whole, and a lone surrogate becomes U+FFFD. What it gives
 * back is what viewers see and the log keeps, so both agree to the code unit.
 */
export type TextCleaner = {
  /** The clean part of what has arrived; may be empty while half a pair is held back. */
  push(delta: string): string;
  /** What is still held back, at the end of the stream. */
  end(): string;
};

const NUL = /\0/g;

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
