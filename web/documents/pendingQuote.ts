import { signal } from '@preact/signals';

/** The passage of the document that the next message quotes. The composer shows it, and clears it when it sends. */
export const pendingQuote = signal<string | null>(null);
