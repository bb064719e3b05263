import { describe, expect, test } from '@jest/globals';
import { type Anchor, anchorSpan, movedAnchor } from './anchor.js';
import { handEdits } from './handEdits.js';
import { searchedBody } from './places.js';

describe('the anchor of a thread', () => {
  const move = (before: string, after: string, anchor: Anchor, by: 'hand' | 'change' = 'hand') =>
    movedAnchor(anchor, {
      before: searchedBody(before),
      after: searchedBody(after),
      edits: handEdits(before, after),
      by,
    });

  test('is its quote nearest to its position', () => {
    const text = searchedBody('cat cat cat');
    expect(anchorSpan(text, { quote: 'cat', start: 5 })).toEqual({ start: 4, end: 7 });
    expect(anchorSpan(text, { quote: 'cat', start: 99 })).toEqual({ start: 8, end: 11 });
    expect(anchorSpan(text, { quote: 'cat' })).toEqual({ start: 0, end: 3 });
    expect(anchorSpan(searchedBody('a “cat”\r\n'), { quote: '"cat"\n' })).toEqual({ start: 2, end: 9 });
    expect(anchorSpan(text, { quote: 'cow' })).toBeNull();
  });

  test.each([
    ['text before it', 'xx cat', { quote: 'cat', start: 3, end: 6 }],
    ['text after it', 'cat xx', { quote: 'cat', start: 0, end: 3 }],
    ['text within it', 'caxxt', { quote: 'caxxt', start: 0, end: 5 }],
    ['its end', 'cow', { quote: 'cow', start: 0, end: 3 }],
    ['all of it', 'dog', { quote: 'dog', start: 0, end: 3 }],
  ])('follows an edit by hand of %s', (_, after, anchor) => {
    expect(move('cat', after, { quote: 'cat', start: 0, end: 3 })).toEqual(anchor);
  });

  test('is found where a person moved it', () => {
    expect(move('A\nthe cat\nB\nC\n', 'A\nB\nC\nthe cat\n', { quote: 'the cat', start: 2, end: 9 })).toEqual({
      quote: 'the cat',
      start: 6,
      end: 13,
    });
  });

  test('does not jump to an equal text elsewhere when it is removed', () => {
    const anchor = { quote: 'cat', start: 8, end: 11 };
    expect(move('cat dog cat', 'cat dog ', anchor)).toEqual(anchor);
  });

  test('holds what accepted changes wrote in it', () => {
    expect(move('a cat b', 'a big dog b', { quote: 'cat', start: 2, end: 5 }, 'change')).toEqual({
      quote: 'big dog',
      start: 2,
      end: 9,
    });
  });
});
