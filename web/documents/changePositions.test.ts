import { expect, test } from '@jest/globals';
import type { Change } from '../../client/src/index.js';
import { changePlaces, type Thread, whyOutdated } from './changePlaces.js';
import { changePositions, splitText } from './changePositions.js';

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
const unanchored: Thread = { anchor: null, changeIds: new Set() };
const positionsOf = (body: string, changes: Change[], thread = unanchored) =>
  changePositions(changes, changePlaces(body, changes, thread));
const idsOf = (body: string, changes: Change[]) => positionsOf(body, changes).map((position) => position.change.id);

test('changes are positioned at the first occurrence of their original, in the order of the text', () => {
  expect(positionsOf('one two one', [change('b', 'two'), change('a', 'one')])).toMatchObject([
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
  const changes = [change('a', 'three')];
  const places = changePlaces(body, changes, { anchor: { quote: 'two three' }, changeIds: new Set() });
  const pieces = splitText(body, changePositions(changes, places), places.passage);
  expect(pieces.map(({ text, isAnchored }) => [text, isAnchored])).toEqual([
    ['one ', false],
    ['two ', true],
    ['three', true],
    [' four', false],
  ]);
  expect(pieces.map(({ text }) => text).join('')).toBe(body);
});

test('a change of this chat is positioned within its passage, one of another chat at the first occurrence', () => {
  const thread = { anchor: { quote: 'ab', start: 3 }, changeIds: new Set(['mine']) };
  expect(positionsOf('ab ab', [change('mine', 'ab'), change('other', 'ab')], thread)).toMatchObject([
    { start: 0, change: { id: 'other' } },
    { start: 3, change: { id: 'mine' } },
  ]);
});

test('a change is shown with the text of the document where its original has other quotes', () => {
  const body = 'say “cat”.';
  const pieces = splitText(body, positionsOf(body, [change('a', '"cat"')]), null);
  expect(pieces.map(({ text }) => text)).toEqual(['say ', '“cat”', '.']);
});

test('an accepted change has a position where its text is, unless an open one is there or the text is another', () => {
  const accepted = change('done', 'cat', { state: 'accepted', proposed: 'big dog', place: { start: 2, end: 9 } });
  expect(positionsOf('a big dog', [accepted])).toMatchObject([{ start: 2, end: 9 }]);
  expect(idsOf('a big dog', [accepted, change('open', 'dog')])).toEqual(['open']);
  expect(idsOf('the big dog', [accepted])).toEqual([]);
});

test('an open change is not positioned in the text of an accepted one, if it has another place', () => {
  const accepted = change('done', 'cat', { state: 'accepted', proposed: 'cat, dog', place: { start: 0, end: 8 } });
  expect(positionsOf('cat, dog, dog', [accepted, change('open', 'dog')])).toMatchObject([
    { start: 0, change: { id: 'done' } },
    { start: 10, change: { id: 'open' } },
  ]);
});

test('the words for a change that can’t be accepted say why', () => {
  const why = (body: string, original: string, others: Change[] = []) => {
    const changes = [change('a', original), ...others];
    return whyOutdated(changePlaces(body, changes, unanchored).of.get('a'));
  };
  expect(why('text', 'gone')).toBe('The text that it would replace is not in the document.');
  expect(why('“a” “a”', '"a"')).toContain('Several places');
  expect(why('text', '')).toContain('the document has text now');
  expect(why('text', 'text')).toBe('The text that it would replace was changed since.');
});
