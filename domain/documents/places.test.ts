import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyChange } from './changes.js';
import { foldText } from './foldText.js';
import { countPlaces, mayOverlap, mergedSpans, placeOf, searchedBody, type Whereabouts } from './places.js';

const find = (body: string, original: string, where?: Whereabouts) => placeOf(searchedBody(body), original, where);
const textAt = (body: string, original: string, where?: Whereabouts) => {
  const place = find(body, original, where);
  return place.found ? body.slice(place.start, place.end) : place.reason;
};

/** Pairs of a text as a body has it and as a model writes it. */
const variants: [string, string, string][] = [
  ['a carriage return and a line feed', 'First line.\r\nSecond line.', 'First line.\nSecond line.'],
  ['a line feed for both', 'First.\nSecond.', 'First.\r\nSecond.'],
  ['a carriage return', 'First.\rSecond.', 'First.\nSecond.'],
  ['a line separator', 'First.\u2028Second.', 'First.\nSecond.'],
  ['curly double quotes', 'said “what now” softly', 'said "what now" softly'],
  ['straight double quotes', 'said "what now" softly', 'said “what now” softly'],
  ['low double quotes', 'sagte „ja“ leise', 'sagte "ja" leise'],
  ['guillemets', 'dit «oui» tout bas', 'dit "oui" tout bas'],
  ['an apostrophe', 'it’s here', "it's here"],
  ['single guillemets', 'dit ‹oui› bas', "dit 'oui' bas"],
  ['primes', '5′ 11″ tall', `5' 11" tall`],
  ['a backtick', "the `name' of", 'the ‘name’ of'],
  ['an em dash', 'softly — then', 'softly - then'],
  ['an en dash', '1914–1918', '1914-1918'],
  ['a hyphen that does not break', 'co‑operate', 'co-operate'],
  ['a minus sign', '−5 degrees', '-5 degrees'],
  ['an ellipsis', 'and then…', 'and then...'],
  ['three dots', 'and then...', 'and then…'],
  ['a blank that does not break', 'softly.\u00a0Then', 'softly. Then'],
  ['a thin blank', '10\u202f000', '10 000'],
  ['an ideographic blank', 'one\u3000two', 'one two'],
  ['a tab', 'one\ttwo', 'one two'],
  ['several blanks', 'one  two', 'one two'],
  ['one blank', 'one two', 'one  two'],
  ['blanks at the end of a line', 'One line.  \nAnother line.', 'One line.\nAnother line.'],
  ['no blanks at the end of a line', 'One line.\nAnother line.', 'One line.  \nAnother line.'],
  ['a tab at the end of a line', 'One.\t\r\nTwo.', 'One.\nTwo.'],
  ['a combining accent', 'A cafe\u0301 by', 'A café by'],
  ['a composed accent', 'A café by', 'A cafe\u0301 by'],
  ['accents in another order', 'q\u0307\u0323', 'q\u0323\u0307'],
  ['a composed syllable', '한글', '한글'.normalize('NFD')],
  ['a decomposed syllable', '한글'.normalize('NFD'), '한글'],
  ['the sign of an ångström', 'one \u212b wide', 'one Å wide'],
  ['a soft hyphen', 'docu\u00adment', 'document'],
  ['a blank without width', 'one\u200btwo', 'onetwo'],
  ['quotes, dashes and blanks at once', '“a” — b.\u00a0 \r\nc', '"a" - b.\nc'],
];

describe('the place of a change', () => {
  test('is the first occurrence of its original', () => {
    expect(find('a cat, a cat', 'cat')).toEqual({ found: true, start: 2, end: 5 });
    expect(find('a cat', 'cow')).toEqual({ found: false, reason: 'absent' });
  });

  test.each(variants)('is the only text that is equal but for %s', (_, written, original) => {
    expect(textAt(`Before. ${written} After.`, original)).toBe(written);
    const body = `1. ${written}\n2. ${written}\n`;
    expect(textAt(body, original)).toBe('ambiguous');
    expect(textAt(`${body}${original}`, original)).toBe(original);
    expect(find(`${body}${original}`, original)).toMatchObject({ start: body.length });
  });

  test.each([
    ['other letters', 'the cat', 'the cut'],
    ['case', 'The cat', 'the cat'],
    ['accents', 'cafe', 'café'],
    ['a line end instead of a blank', 'one\ntwo', 'one two'],
    ['a blank line', 'one\n\ntwo', 'one\ntwo'],
    ['half of a syllable', '한', '하'],
    ['a part of a character', 'café', 'cafe'],
  ])('is none where the texts differ by %s', (_, body, original) => {
    expect(textAt(body, original)).toBe('absent');
  });

  test('is a text with the same quotes before one with others', () => {
    expect(textAt('“a”\r\nb, "a"\r\nb', '"a"\nb')).toBe('"a"\r\nb');
  });

  test('contains no blanks beside the text', () => {
    expect(textAt('  “a”  \nb', '"a"')).toBe('“a”');
    expect(textAt('a  \n“b”', '\n"b"')).toBe('\n“b”');
  });

  test('never splits a line end', () => {
    expect(textAt('a\r\nb', '\nb')).toBe('\r\nb');
    expect(textAt('a\r\nb', 'a\r')).toBe('a\r\n');
  });

  test('of an empty original is a body without text, and nothing else', () => {
    expect(find('', '')).toEqual({ found: true, start: 0, end: 0 });
    expect(find(' \n', '')).toEqual({ found: true, start: 0, end: 2 });
    expect(find('', '\n')).toEqual({ found: true, start: 0, end: 0 });
    expect(find('text', '')).toEqual({ found: false, reason: 'not_empty' });
    expect(find('', 'text')).toEqual({ found: false, reason: 'absent' });
  });
});

describe('the place of a change in an anchored thread', () => {
  const body = '§2 Due in 30 days.\n\n§9 Due in 30 days.';
  const anchor = { start: 23, end: body.length };

  test('is within the anchor, where it has the original', () => {
    expect(find(body, 'Due in 30 days.', { anchor })).toMatchObject({ start: 23 });
    expect(find(body, '30 days', { anchor })).toMatchObject({ start: 30 });
    expect(find(body, 'Due in 30 days.')).toMatchObject({ start: 3 });
  });

  test('is within the anchor also where another part has the very same text', () => {
    const other = '“Yes.” "Yes." "Yes."';
    expect(find(other, '"Yes."', { anchor: { start: 0, end: 6 } })).toMatchObject({ start: 0, end: 6 });
  });

  test('overlaps the anchor, where the original is longer than the anchor', () => {
    const text = 'The cat sat. The cat sat.';
    expect(find(text, 'The cat sat.', { anchor: { start: 17, end: 20 } })).toMatchObject({ start: 13 });
  });

  test('is the first one elsewhere, where the anchor has none', () => {
    expect(find(body, '§', { anchor: { start: 30, end: 32 } })).toMatchObject({ start: 0 });
  });

  test('is not guessed where the anchor has several like it', () => {
    expect(textAt('“a” “a”, "a"', '"a"', { anchor: { start: 0, end: 7 } })).toBe('ambiguous');
  });
});

describe('what accepted changes wrote', () => {
  test('is no place of a change that was written before', () => {
    expect(find('a cat like cat', 'cat', { used: [{ start: 0, end: 10 }] })).toMatchObject({ start: 11 });
    expect(textAt('a cat like', 'cat', { used: [{ start: 0, end: 10 }] })).toBe('used');
    expect(textAt('a “cat”', '"cat"', { used: [{ start: 2, end: 4 }] })).toBe('used');
  });

  test('is no place either where something was removed', () => {
    expect(textAt('ab', 'ab', { used: [{ start: 1, end: 1 }] })).toBe('used');
    expect(textAt('ab', 'b', { used: [{ start: 1, end: 1 }] })).toBe('b');
  });

  test('is merged where it overlaps', () => {
    const spans = [
      { start: 5, end: 9 },
      { start: 0, end: 4 },
      { start: 6, end: 7 },
      { start: 20, end: 20 },
      { start: 9, end: 12 },
    ];
    expect(mergedSpans(spans)).toEqual([
      { start: 0, end: 4 },
      { start: 5, end: 12 },
      { start: 20, end: 20 },
    ]);
  });
});

describe('the number of places', () => {
  const count = (body: string, original: string, where: Whereabouts = {}) => {
    const place = find(body, original, where);
    return place.found ? countPlaces(searchedBody(body), original, place, where) : 0;
  };

  test('is that of equal texts which do not overlap, within the anchor if there is one', () => {
    expect(count('aaaa', 'aa')).toBe(2);
    expect(count('cat cat cat', 'cat')).toBe(3);
    expect(count('cat cat cat', 'cat', { anchor: { start: 4, end: 11 } })).toBe(2);
    expect(count('a “b”', '"b"')).toBe(1);
  });
});

/** Texts of few letters in many forms, so that what is like it is often elsewhere too. */
const forms = ['a', 'b', ' ', '\u00a0', '\n', '\r\n', '"', '“', "'", '’', '-', '—', 'e\u0301', 'é', '…', '\u200b'];
const text = (maxLength: number) =>
  fc.array(fc.constantFrom(...forms), { minLength: 1, maxLength }).map((all) => all.join(''));

describe('whatever the texts', () => {
  const folded = (part: string) => foldText(part, 'runs').text.replace(/ +(?=\n)/g, '');

  test('a change is applied only where the body has its original, and the rest stays byte for byte', () => {
    fc.assert(
      fc.property(text(30), text(4), text(4), (body, original, proposed) => {
        const place = find(body, original);
        const exact = body.split(original).length - 1;
        if (!place.found) {
          expect(exact).toBeLessThanOrEqual(body.split('\r\n').length);
          return;
        }
        const { start, end } = place;
        const meant = body.slice(start, end);
        if (meant !== original && original.trim() !== '') {
          expect(folded(meant)).toBe(folded(original));
        }
        const result = applyChange(body, place, proposed).body;
        expect(result.slice(0, start)).toBe(body.slice(0, start));
        expect(result.slice(result.length - (body.length - end))).toBe(body.slice(end));
      }),
      { numRuns: 1_000 },
    );
  });

  test('of two texts that are like the original neither is taken', () => {
    fc.assert(
      fc.property(text(8), text(8), text(3), (one, other, original) => {
        const body = `${one}x${original}y${other}x${original}y`.replaceAll('"', '“').replaceAll("'", '’');
        const wanted = `x${original}y`;
        if (body.includes(wanted)) return;
        expect(find(body, wanted)).toEqual({ found: false, reason: 'ambiguous' });
      }),
      { numRuns: 1_000 },
    );
  });

  test('a change whose place overlaps a part is found to overlap it without a whole search', () => {
    fc.assert(
      fc.property(text(30), text(4), fc.nat(30), fc.nat(5), (content, original, at, length) => {
        const body = searchedBody(content);
        const place = placeOf(body, original);
        const part = { start: Math.min(at, content.length), end: Math.min(at + length, content.length) };
        if (place.found && place.start < part.end && part.start < place.end)
          expect(mayOverlap(body, original, part)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('places in a long body', () => {
  test.each(['a', '“', '\r\n', 'e\u0301', ' ', '\u0301', '…'])('of %j are found in linear time', (piece) => {
    const body = searchedBody(piece.repeat(300_000 / piece.length));
    // comparing at each place, or sorting all marks as one, this takes an hour
    for (let n = 0; n < 5; n++) {
      const original = `${piece.repeat(20_000)}${n}`;
      expect(placeOf(body, original)).toEqual({ found: false, reason: 'absent' });
      expect(mayOverlap(body, original, { start: 100_000, end: 100_010 })).toBe(false);
    }
  });

  test('of hundreds of changes are found in a body that is folded once', () => {
    const lines = Array.from({ length: 10_000 }, (_, n) => `Line ${n} says “${n}”.\r\n`);
    let folds = 0;
    const body = searchedBody(lines.join(''));
    const counting = { text: body.text, folded: (level: Parameters<typeof body.folded>[0]) => body.folded(level) };
    const seen = new Set<unknown>();
    for (let n = 0; n < 300; n++) {
      expect(placeOf(counting, `Line ${n * 30} says "${n * 30}".\n`).found).toBe(true);
      seen.add(counting.folded('typography'));
      folds = seen.size;
    }
    expect(folds).toBe(1);
  });
});
