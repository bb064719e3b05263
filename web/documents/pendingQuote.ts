import { signal } from '@preact/signals';

/** A passage of the document that the next message is to quote: the composer takes it, and sets it back to null. */
export const pendingQuote = signal<string | null>(null);

export function quoteSelection(text: string): void {
  pendingQuote.value = text;
}
