import type { Page } from 'playwright-core';
import { strings as de } from '../../../web/strings/de.js';
import { en } from '../../../web/strings/en.js';

/** Stands for what a function of the strings puts into its text. */
const gap = '\u0001';
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** The pattern of a text; null where a function does not take gaps. A number becomes `NaN`. */
function patternOf(word: unknown): string | null {
  if (typeof word === 'string') return escaped(word);
  if (typeof word !== 'function') return null;
  try {
    const text = String(word(...Array.from({ length: word.length }, () => gap)));
    return escaped(text).replaceAll(gap, '.+').replaceAll('NaN', '[\\d.,]+');
  } catch {
    return null;
  }
}

/** The English texts that are not the same in German, as patterns. */
function englishOnly(english: unknown, german: unknown): string[] {
  if (typeof english === 'object' && english !== null) {
    return Object.entries(english).flatMap(([name, word]) =>
      name === 'formats' ? [] : englishOnly(word, (german as Record<string, unknown>)[name]),
    );
  }
  const pattern = patternOf(english);
  return pattern === null || !/\p{L}{2}/u.test(pattern) || pattern === patternOf(german) ? [] : [pattern];
}

const english = new RegExp(`^(?:${englishOnly(en, de).join('|')})$`);

/** The names and texts of the page's accessible tree, with the tooltips, which may be in English. */
export async function englishTexts(page: Page): Promise<string[]> {
  const tree = await page.locator('body').ariaSnapshot();
  const texts = tree.split('\n').flatMap((line) => {
    const { name, text } =
      /^\s*- \/?\w+(?: "(?<name>(?:[^"\\]|\\.)*)")?[^:]*(?:: (?<text>.*))?$/.exec(line)?.groups ?? {};
    return [name, text?.replace(/^"|"$/g, '')];
  });
  const titles = await page
    .locator('[title], [placeholder]')
    .evaluateAll((all) => all.map((each) => each.getAttribute('title') ?? each.getAttribute('placeholder') ?? ''));
  return [...texts, ...titles].flatMap((text) => (text && english.test(text) ? [text] : []));
}
