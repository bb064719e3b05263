import { describe, expect, test } from '@jest/globals';
import { findPatterns } from '../../../lib/linearPatterns.js';
import { type BookEntry, type CharacterBook, cardData } from './cardData.js';
import { patternsOf, recallLore } from './lorebook.js';

const countTokens = (text: string) => Math.ceil(text.length / 4);

/** A lorebook as an import makes it. */
const bookOf = (entries: Record<string, unknown>[], more: object = {}): CharacterBook =>
  cardData.parse({ name: 'Mira', character_book: { entries, ...more } }).character_book!;
const plain = { inText: (text: string) => text, inPattern: (text: string) => text };
const lore = (book: CharacterBook, lines: string[], room = 1_000) =>
  recallLore(book, { lines, room, countTokens, findPatterns, named: plain });
const called = (entries: Record<string, unknown>[], lines: string[], more?: object) => {
  const { before, after } = lore(bookOf(entries, more), lines);
  return [...before, ...after];
};

describe('an entry of a lorebook', () => {
  test.each<[string, Partial<BookEntry>, string, boolean]>([
    ['is called by a keyword, in any case', { keys: ['Lamp'] }, 'Light the LAMP.', true],
    ['is not called without its keyword', { keys: ['lamp'] }, 'Light the fire.', false],
    ['is called by one of several keywords', { keys: ['oil', 'lamp'] }, 'the lamp', true],
    ['is called by its exact keyword only, where case counts', { keys: ['May'], case_sensitive: true }, 'I may', false],
    ['is called by its exact keyword, where case counts', { keys: ['May'], case_sensitive: true }, 'in May', true],
    ['is called by a word in either form of its accents', { keys: ['caf\u00e9'] }, 'the cafe\u0301', true],
    ['without keywords is not called', { keys: [] }, 'the lamp', false],
    ['with a blank keyword is not called by it', { keys: [' '] }, 'the lamp', false],
    ['that is constant needs no keyword', { keys: [], constant: true }, 'hello', true],
    ['that is not enabled is never called', { keys: ['lamp'], constant: true, enabled: false }, 'the lamp', false],
    ['that is selective needs both', { keys: ['lamp'], secondary_keys: ['oil'], selective: true }, 'the lamp', false],
    [
      'that is selective is called by both',
      { keys: ['lamp'], secondary_keys: ['oil'], selective: true },
      'lamp oil',
      true,
    ],
    [
      'that is not selective ignores the second keywords',
      { keys: ['lamp'], secondary_keys: ['oil'] },
      'the lamp',
      true,
    ],
    ['that is selective without second keywords needs none', { keys: ['lamp'], selective: true }, 'the lamp', true],
    ['with patterns is called by one that matches', { keys: ['x', 'l.*p'], use_regex: true }, 'the lamp', true],
    ['with patterns is not called by one that does not match', { keys: ['^lamp'], use_regex: true }, 'the lamp', false],
    [
      'with patterns that is selective is called by both',
      { keys: ['l.*p'], secondary_keys: ['oi[l]'], selective: true, use_regex: true },
      'the lamp',
      false,
    ],
    ['with patterns that is constant is there', { keys: ['l.*p'], use_regex: true, constant: true }, 'x', true],
    ['with no text is left out', { keys: ['lamp'], content: ' ' }, 'the lamp', false],
  ])('%s', (_, fields, line, isCalled) => {
    expect(called([{ content: 'Lore.', ...fields }], [line])).toHaveLength(isCalled ? 1 : 0);
  });

  test('names its patterns with their place, and no keywords', () => {
    const book = bookOf([{ keys: ['lamp'] }, { keys: ['a+', ' '], secondary_keys: ['b'], use_regex: true }]);
    expect(patternsOf(book)).toEqual([
      { pattern: 'a+', caseSensitive: false, path: 'entries.1.keys.0' },
      { pattern: 'b', caseSensitive: false, path: 'entries.1.secondary_keys.0' },
    ]);
  });

  test('is called by the last lines only, as many as the lorebook says', () => {
    const entries = [{ keys: ['lamp'], content: 'Lore.' }];
    const lines = ['the lamp', 'one', 'two'];
    expect(called(entries, lines, { scan_depth: 2 })).toEqual([]);
    expect(called(entries, lines, { scan_depth: 3 })).toEqual(['Lore.']);
    expect(called(entries, lines, { scan_depth: 0 })).toEqual([]);
    expect(called(entries, lines)).toEqual(['Lore.']);
    expect(called(entries, ['the lamp', ...Array.from({ length: 9 }, () => 'x')])).toEqual([]);
  });

  test('stands before or after the character, in the order of insertion', () => {
    const all = { keys: ['x'], enabled: true };
    const book = bookOf([
      { ...all, content: 'third', insertion_order: 3 },
      { ...all, content: 'first', insertion_order: 1, position: 'after_char' },
      { ...all, content: 'head', insertion_order: 2, position: 'before_char' },
    ]);
    expect(lore(book, ['x'])).toMatchObject({ before: ['head'], after: ['first', 'third'] });
  });

  test('has no instructions to programs in its text', () => {
    expect(called([{ keys: ['x'], content: '@@depth 4\n@@role user\nLore.\n@@kept' }], ['x'])).toEqual([
      'Lore.\n@@kept',
    ]);
    expect(called([{ keys: ['x'], content: '@@depth 4' }], ['x'])).toEqual([]);
  });
});

describe('the budget of a lorebook', () => {
  const entries = Array.from({ length: 10 }, (_, n) => ({
    keys: ['x'],
    content: `entry ${n} ${'.'.repeat(72)}`,
    insertion_order: n,
    priority: n === 7 ? 5 : 0,
  }));
  const numbers = (texts: string[]) => texts.map((text) => Number(text.split(' ')[1]));

  test('goes to entries of a higher priority first, and then by the order of insertion', () => {
    expect(numbers(called(entries, ['x'], { token_budget: 70 }))).toEqual([0, 1, 7]);
  });

  test('is no more than the prompt has room for', () => {
    const { before, after, cost } = lore(bookOf(entries, { token_budget: 5_000 }), ['x'], 50);
    expect(numbers([...before, ...after])).toEqual([0, 7]);
    expect(cost).toBeLessThanOrEqual(50);
  });

  test('takes whole entries, and passes over one that is too long', () => {
    const long = { keys: ['x'], content: 'l'.repeat(1_000), insertion_order: -1 };
    expect(numbers(called([long, ...entries], ['x'], { token_budget: 30 }))).toEqual([7]);
  });

  test('holds with thousands of entries and long lines', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({ keys: [`k${n}`, 'a'.repeat(60)], content: `c${n}` }));
    const lines = Array.from({ length: 20 }, () => 'a'.repeat(1_000_000));
    expect(lore(bookOf(many), lines).cost).toBeLessThanOrEqual(1_000);
  });
});

test('keywords that would fill the memory are not searched for, and the others are', () => {
  const inText = (text: string) => text.replaceAll('{{user}}', 'x'.repeat(200));
  const named = { inText, inPattern: inText };
  const entries = [
    { keys: ['a{{user}}'.repeat(20), 'y'.repeat(150_000), 'lamp'], content: 'Lore.' },
    { keys: Array.from({ length: 100_000 }, (_, n) => `word${n}`), content: 'Words.' },
    { keys: ['x'], constant: true, content: '{{user}}' },
  ];
  const book = bookOf(entries);
  const recalled = recallLore(book, { lines: ['the lamp and word7'], room: 1_000_000, countTokens, named });
  expect([...recalled.before, ...recalled.after].map((text) => text.slice(0, 6)).toSorted()).toEqual([
    'Lore.',
    'Words.',
    'xxxxxx',
  ]);
});
