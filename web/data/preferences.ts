import { effect, signal } from '@preact/signals';
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
