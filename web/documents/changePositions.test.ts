import { expect, test } from '@jest/globals';
import type { Change } from '../../client/src/index.js';
import { anchorSpan, changePositions, splitText } from './changePositions.js';

const change = (id: string, original: string, more: Partial<Change> = {}): Change => ({
  id,
  documentId: 'doc_1',
  kind: 'ai',
  state: 'pending',
  original,
  proposed: 'x',
  reason: '',
  staleSince: null,
  messageSeq: 1,
  ...more,
});
const idsOf = (body: string, changes: Change[]) => changePositions(body, changes).map((position) => position.change.id);

test('changes are positioned at the first occurrence of their original, in the order of the text', () => {
  expect(changePositions('one two one', [change('b', 'two'), change('a', 'one')])).toMatchObject([
    { start: 0, end: 3 },
    { start: 4, end: 7 },
  ]);
});

test('of changes that overlap only the first has a position', () => {
  expect(idsOf('a long line', [change('first', 'long line'), change('second', 'a long')])).toEqual(['first']);
});

test('changes that are stale, accepted, empty or not in the text have no position', () => {
  const changes = [
    change('stale', 'a', { staleSince: '2026-01-01T00:00:00Z' }),
    change('accepted', 'a', { state: 'accepted' }),
    change('empty', ''),
    change('absent', 'z'),
  ];
  expect(idsOf('abc', changes)).toEqual([]);
});

test('the text is split into pieces that mark the passage of the chat inside and outside changes', () => {
  const body = 'one two three four';
  const pieces = splitText(
    body,
    changePositions(body, [change('a', 'three')]),
    anchorSpan(body, { quote: 'two three' }),
  );
  expect(pieces.map(({ text, isAnchored }) => [text, isAnchored])).toEqual([
    ['one ', false],
    ['two ', true],
    ['three', true],
    [' four', false],
  ]);
  expect(pieces.map(({ text }) => text).join('')).toBe(body);
});

test('a passage is found at its expected start, else at its first occurrence', () => {
  expect(anchorSpan('ab ab', { quote: 'ab', start: 3 })).toEqual({ start: 3, end: 5 });
  expect(anchorSpan('ab ab', { quote: 'ab', start: 1 })).toEqual({ start: 0, end: 2 });
  expect(anchorSpan('ab', { quote: 'gone' })).toBeNull();
});
