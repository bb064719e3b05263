import { effect, signal } from '@preact/signals';
import { type Language, languages, loadErrorWords, showLanguage } from '../strings/strings.js';
import { apiKey } from './api.js';

/** Choices of the reader of this browser. They are kept in its local storage. */
export type Theme = 'system' | 'light' | 'dark';
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is off: the choice holds until the tab is closed
  }
};

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // see above
  }
}

export const theme = signal<Theme>(themes.find((each) => each === read('theme')) ?? 'system');

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  write('theme', chosen);
}

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === 'system') delete dataset.theme;
  else dataset.theme = theme.value;
});

export type LanguageChoice = 'system' | Language;

const isLanguage = (tag: string): tag is Language => Object.hasOwn(languages, tag);

function readLanguage(): LanguageChoice {
  const stored = read('language') ?? 'system';
  return isLanguage(stored) ? stored : 'system';
}

export const languageChoice = signal(readLanguage());

/** The chosen language; else the first that the browser asks for and the page has, or English. */
function chosenLanguage(): Language {
  if (languageChoice.value !== 'system') return languageChoice.value;
  return navigator.languages.map((tag) => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en';
}

/** Shows the page in the language of the reader. Rejects where it can not be loaded. */
export const startLanguage = (): Promise<void> => showLanguage(chosenLanguage());

/** Rejects where the language can not be loaded: then the choice is as before. */
export async function chooseLanguage(chosen: LanguageChoice): Promise<void> {
  const before = languageChoice.value;
  languageChoice.value = chosen;
  try {
    await startLanguage();
  } catch (error) {
    languageChoice.value = before;
    throw error;
  }
  write('language', chosen);
  await loadErrorWords();
}

const developerChoice = signal(read('developer'));

/**
 * Whether what only operators and developers need is shown: workflows, names of steps, codes, metrics. Without a choice
 * it is for the local owner, who needs no key.
 */
export const isDeveloper = (): boolean =>
  developerChoice.value === null ? apiKey.value === null : developerChoice.value === 'on';

export function chooseDeveloper(isOn: boolean): void {
  developerChoice.value = isOn ? 'on' : 'off';
  write('developer', developerChoice.value);
}
