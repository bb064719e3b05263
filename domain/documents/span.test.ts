import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { movedPlaces, usedSince, withPlace } from './acceptedPlaces.js';
import { type Anchor, anchorSpan, movedAnchor } from './anchor.js';
import { handEdits } from './handEdits.js';
import { searchedBody } from './places.js';
import { type Edit, editBetween } from './span.js';

/** The text after edits, which are in order. */
function edited(before: string, after: string, edits: readonly Edit[]): string {
  let text = before;
  let end = after.length;
  let old = before.length;
  for (const edit of edits.toReversed()) {
    end -= old - edit.end;
    text = text.slice(0, edit.start) + after.slice(end - edit.length, end) + text.slice(edit.end);
    end -= edit.length;
    old = edit.start;
  }
  return text;
}

const lines = fc.array(fc.constantFrom('a', 'b', 'one', 'two', 'three', '', 'a\r'), { maxLength: 12 });
const body = lines.map((all) => all.join('\n'));

describe('the edits of a person', () => {
  test('lead from one text to the other, whatever the texts', () => {
    fc.assert(
      fc.property(body, body, (before, after) => {
        expect(edited(before, after, handEdits(before, after))).toBe(after);
        expect(edited(before, after, [editBetween(before, after)])).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keep the lines between two that were changed', () => {
    const edits = handEdits('Title\nkept line\nend', 'A title\nkept line\nthe end');
    expect(edits).toEqual([
      { start: 0, end: 1, length: 3 },
      { start: 16, end: 16, length: 4 },
    ]);
  });

  test('are taken as one where there are very many', () => {
    const text = (word: string) => Array.from({ length: 5_000 }, (_, n) => `line ${n}\n${word} ${n}\n`).join('');
    expect(handEdits(text('old'), text('new'))).toHaveLength(1);
  });
});

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

describe('the places of accepted changes', () => {
  const at = (n: number) => new Date(n).toISOString();
  const place = (changeId: string, start: number, end: number, n = 1) => ({ changeId, start, end, at: at(n) });

  test('move with the text, and lose what an edit replaces of them', () => {
    const places = [place('a', 0, 3), place('b', 5, 9), place('c', 12, 14)];
    expect(movedPlaces(places, [{ start: 7, end: 13, length: 1 }])).toEqual([
      place('a', 0, 3),
      place('b', 5, 7),
      place('c', 8, 9),
    ]);
    expect(movedPlaces(places, [{ start: 4, end: 9, length: 2 }])).toEqual([place('a', 0, 3), place('c', 9, 11)]);
    expect(movedPlaces(places, [{ start: 6, end: 7, length: 5 }])[1]).toEqual(place('b', 5, 13));
  });

  test('count for a change only if they were accepted after it was written', () => {
    const places = withPlace(withPlace([place('b', 5, 9, 20)], place('a', 7, 12, 30)), place('c', 0, 2, 10));
    expect(places.map(({ changeId }) => changeId)).toEqual(['c', 'b', 'a']);
    expect(usedSince(places, at(5))).toEqual([
      { start: 0, end: 2 },
      { start: 5, end: 12 },
    ]);
    expect(usedSince(places, at(25))).toEqual([{ start: 7, end: 12 }]);
  });

  test('are bounded, the oldest first left out', () => {
    let places = [place('old', 0, 1, 0)];
    for (let n = 1; n <= 1_000; n++) places = withPlace(places, place(`${n}`, n, n + 1, n));
    expect(places).toHaveLength(1_000);
    expect(places[0]?.changeId).toBe('1');
  });
});
