import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { splitProse, stripOoc } from './ooc.js';

describe('out-of-character text', () => {
  test.each([
    ['Hello ((brb)) there', 'Hello there'],
    ['((all of it))', ''],
    ['((one)) ((two))', ''],
    ['(())', ''],
    ['', ''],
    ['   \n ', ''],
    ['I wave ((he is sad)), then go.', 'I wave, then go.'],
    ['One.\n\n((aside))\n\nTwo.', 'One.\n\nTwo.'],
    ['One.\n((aside)) Two.', 'One.\nTwo.'],
    ['a((b))c', 'a c'],
    ['nested ((a ((b)) c)) end', 'nested end'],
    ['(in (single) brackets)', '(in (single) brackets)'],
    ['(aside ((ooc)))', '(aside )'],
    ['((see (this)))', ''],
    ['(((odd)))', ''],
    ['((brb :)))', ''],
    ['((sad :( ))', ''],
    ['((bye :) later))', ''],
  ])('is stripped: %j is %j', (text, prose) => {
    expect(stripOoc(text)).toBe(prose);
  });

  test.each(['((never closed', 'closed by nothing))', 'a )) b (( c', '(( ( )', ')))((('])('is none in %j', (text) => {
    expect(stripOoc(text)).toBe(text);
    expect(splitProse(text)).toEqual([{ kind: 'narration', text }]);
  });

  test('that is not closed is plain text, and closed text inside of it is out of character', () => {
    expect(stripOoc('((open ((closed)) on')).toBe('((open on');
  });

  test('is a segment of its own, in the order of the text', () => {
    expect(splitProse('((hi)) *I sit.* ((brb ((soon)) )) "So."')).toEqual([
      { kind: 'ooc', text: 'hi' },
      { kind: 'narration', text: '*I sit.*' },
      { kind: 'ooc', text: 'brb ((soon))' },
      { kind: 'narration', text: '"So."' },
    ]);
  });

  test('leaves prose without it unchanged, except for blanks at its ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('((') || !text.includes('))'));
        expect(stripOoc(text)).toBe(text.trim());
      }),
    );
  });

  test('is removed without adding, dropping or moving any other word', () => {
    const piece = fc.constantFrom('((', '))', '(', ')', ' ', '\n', 'word', 'other', '.', '🦊');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const kept = splitProse(text).filter(({ kind }) => kind === 'narration');
        const withoutSpace = (s: string) => s.replace(/\s/g, '');
        expect(withoutSpace(stripOoc(text))).toBe(withoutSpace(kept.map((segment) => segment.text).join('')));
        expect(stripOoc(text).trim()).toBe(stripOoc(text));
      }),
    );
  });

  test.each([
    ['10,000 unclosed ((', '(('.repeat(10_000)],
    ['10,000 unclosed (( with words', '((word '.repeat(10_000)],
    ['10,000 unopened ))', '))'.repeat(10_000)],
    ['10,000 remarks', '((a)) b '.repeat(10_000)],
    ['10,000 remarks in each other', `${'(('.repeat(10_000)}x${'))'.repeat(10_000)}`],
    ['10,000 remarks in each other, one short', `${'(('.repeat(10_001)}x${'))'.repeat(10_000)}`],
    ['100 KB of blanks', `a${' '.repeat(100_000)}((b))${'\n'.repeat(100_000)}c`],
    ['1 MB of prose', 'She said nothing for a while. '.repeat(35_000)],
  ])('is found in linear time: %s', (_, text) => {
    // a scan that went back for each `((` would not end within the test's time
    const parts = splitProse(text).map((segment) => segment.text.length);
    expect(parts.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(text.length);
    expect(stripOoc(text).length).toBeLessThanOrEqual(text.length);
  });
});
