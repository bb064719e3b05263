import { batch, signal } from '@preact/signals';
import type { ErrorWords } from './en/errors.js';
import { en, type Strings } from './en.js';

/** The languages of the page, each by its own name. */
export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const strings = signal<Strings>(en);
const errors = signal<ErrorWords | null>(null);
let wanted: Language = 'en';

/** The words of the page in the reader's language. A component that calls it renders again when the language changes. */
export const t = (): Strings => strings.value;

/** The words for what goes wrong; null until they are loaded. */
export const errorWords = (): ErrorWords | null => errors.value;

/** Loads the words for what goes wrong, unless they are there. */
export async function loadErrorWords(): Promise<void> {
  if (errors.value !== null) return;
  const { errors: english } = await import('./en/errors.js');
  if (wanted === 'en') errors.value = english;
}

/**
 * Shows the page in a language. English is part of the page; another language is loaded. Rejects where it can not be
 * loaded: the page stays as it is.
 */
export async function showLanguage(language: Language): Promise<void> {
  wanted = language;
  const words = language === 'en' ? { strings: en, errors: null } : await import('./de.js');
  if (wanted !== language) return; // another one was chosen meanwhile
  batch(() => {
    strings.value = words.strings;
    errors.value = words.errors;
  });
  document.documentElement.lang = language;
}
