import { describe, expect, test } from '@jest/globals';
import { movedPlaces, usedSince, withPlace } from './acceptedPlaces.js';

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
