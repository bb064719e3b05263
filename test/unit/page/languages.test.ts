import { describe, expect, test } from '@jest/globals';
import { problems } from '../../../api/http/problem.js';
import { strings as de, errors as german } from '../../../web/strings/de.js';
import { errors as english } from '../../../web/strings/en/errors.js';
import { en } from '../../../web/strings/en.js';

/** The texts of a language by their place, such as `composer.send`. */
function textsOf(words: unknown, path = ''): [path: string, text: string][] {
  if (typeof words === 'string') return [[path, words]];
  if (typeof words !== 'object' || words === null) return [];
  return Object.entries(words).flatMap(([name, word]) => textsOf(word, path === '' ? name : `${path}.${name}`));
}

/** Texts that are the same in English and German. */
const same = new Set([
  'API',
  'Agent',
  'Assistent',
  'Chat',
  'Chats',
  'Code',
  'Details',
  'Info',
  'Name',
  'Plan',
  'Sampling',
  'Status',
  'Text',
  'Tokens',
  'Top P',
  'Workflow',
  '(optional)',
  '?',
  '↑',
  'Esc',
]);

describe('German', () => {
  test('has a text of its own for each English one', () => {
    const germanOf = new Map(textsOf(de));
    const untranslated = textsOf(en).filter(([path, text]) => germanOf.get(path) === text && !same.has(text));
    expect(untranslated.filter(([, text]) => text !== '')).toEqual([]);
    const missing = textsOf(en).filter(([path, text]) => text.trim() !== '' && !germanOf.get(path)?.trim());
    expect(missing).toEqual([]);
  });

  test('addresses the reader as the other texts do', () => {
    const formal = [...textsOf(de), ...textsOf(german)].filter(([, text]) => /\b(Ihr(e[mnrs]?)?|Ihnen)\b/.test(text));
    expect(formal).toEqual([]);
  });

  test('counts, lists and writes numbers, sizes and times as Germans do', () => {
    expect(de.formats.number(1234.5)).toBe('1.234,5');
    expect(de.formats.size(1_234_567)).toBe('1,2 MB');
    expect(de.formats.duration(1_500)).toBe('1,5 s');
    expect(de.formats.list(['Mira', 'Tom', 'Ada'])).toBe('Mira, Tom und Ada');
    expect([1, 2].map(de.narrative.countMemories)).toEqual(['1 Erinnerung', '2 Erinnerungen']);
    expect([1, 2, 3, 11, 22].map(en.message.queuedAt)).toEqual([
      'Queued, 1st in line',
      'Queued, 2nd in line',
      'Queued, 3rd in line',
      'Queued, 11th in line',
      'Queued, 22nd in line',
    ]);
    expect(de.message.queuedAt(2)).toBe('In der Warteschlange, Platz 2');
  });
});

describe('the words for errors', () => {
  test('are for codes that the api has', () => {
    expect(Object.keys(english.problems).filter((code) => !Object.hasOwn(problems, code))).toEqual([]);
  });

  test('are whole sentences in both languages', () => {
    const texts = [...textsOf(english), ...textsOf(german)].filter(([, text]) => text !== '');
    expect(texts.filter(([, text]) => !/^\p{Lu}.*\.$/su.test(text))).toEqual([]);
  });
});
