import { signal } from '@preact/signals';
import type { ErrorWords } from './en/errors.js';
import { en, type Strings } from './en.js';

const current = signal<Strings>(en);
const errors = signal<ErrorWords | null>(null);

/** The words of the page in the reader's language. A component that calls it renders again when the language changes. */
export const t = (): Strings => current.value;

/** The words for what goes wrong; null until they are loaded. */
export const errorWords = (): ErrorWords | null => errors.value;

/** Loads the words for what goes wrong, unless they are there. */
export async function loadErrorWords(): Promise<void> {
  errors.value ??= (await import('./en/errors.js')).errors;
}
