import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createOwnLines } from './ownLines.js';
import { speakerNames } from './speakerNames.js';

const person = (id: string, name: string) => ({ id, name, persona: '' });
const mira = person('chr_1', 'Mira Stone');
const names = speakerNames({
  you: person('you', 'Tom'),
  host: mira,
  guest: person('chr_2', 'Édith'),
  speakerId: 'chr_1',
});

/** The text that is passed on of these pieces. */
function passed(pieces: string[], before = ''): string {
  const lines = createOwnLines(names, before);
  const texts = pieces.map((piece) => lines.push(piece));
  return [...texts, lines.end()].join('');
}

/** The text, cut at each of the places. */
function cutAt(text: string, places: number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return sorted.slice(1).map((end, n) => text.slice(sorted[n], end));
}

describe('the lines of a reply', () => {
  test.each([
    ['Mira: Good evening.'],
    ['Mira Stone: Good evening.'],
    ['MIRA: Good evening.'],
    ['**Mira:** Good evening.'],
    ['**Mira**: Good evening.'],
    ['__mira__ : Good evening.'],
    ['Mira:\nGood evening.'],
    ['\n\n**Mira:**\r\n\r\nGood evening.'],
    ['[Mira]: Good evening.'],
    ['[Mira Stone:] Good evening.'],
    ['<Mira>: Good evening.'],
    ['### Mira:\n\nGood evening.'],
    ['Mira：Good evening.'],
    ['{{char}}: Good evening.'],
    ['Tom: Hello.\n\nMira: Good evening.'],
  ])('lose the name of their speaker: %j', (reply) => {
    expect(passed([reply])).toBe('Good evening.');
  });

  test.each([
    ['Good evening.\nTom: Hi!\nMira: Tea?'],
    ['Good evening.\n\n**Tom:** Hi!'],
    ['Good evening.\n[TOM]: Hi!'],
    ['Good evening.\r\n  Édith: Hi!'],
    ['Good evening.\n*e\u0301dith*: Hi!'],
    ['Good evening.\nUser: Hi!'],
    ['Mira: Good evening.\nYou: Hi!'],
    ['Good evening.\nTom:'],
  ])('end before a line of another participant: %j', (reply) => {
    expect(passed([reply])).toBe('Good evening.');
  });

  test.each([
    'Mira smiles. "Tom: that is a name."',
    'Good evening.\nTomorrow: rain.\nTom smiles.\n',
    'Good evening.\nMira: Tea?',
    'Mira',
    'Good evening.\n\nTom',
    ' \n Good evening.\n\n',
    '*Mira smiles.*\n\n*Tom* looks up.',
    '',
  ])('stay as they are otherwise: %j', (reply) => {
    expect(passed([reply])).toBe(reply);
  });

  test('keep the marks that surround a line with the name of its speaker', () => {
    expect(passed(['*Mira: smiles*'])).toBe('*smiles*');
    expect(passed(['Mira: *smiles*'])).toBe('*smiles*');
  });

  test('are held back only as long as they may be a name', () => {
    const lines = createOwnLines(names);
    expect(['Mi', 'ra', ' smi', 'les.', '\nTo', 'day'].map((piece) => lines.push(piece))).toEqual([
      '',
      '',
      'Mira smi',
      'les.',
      '',
      '\nToday',
    ]);
    expect(lines.isHolding()).toBe(false);
  });

  test('go on in the middle of a line after a text that was passed on earlier', () => {
    expect(passed(['Mira: no name here.\nTom: Hi!'], 'She says ')).toBe('Mira: no name here.');
    expect(passed(['Tom: Hi!'], 'Good evening.\n')).toBe('');
  });

  const piece = fc.constantFrom(
    ...[
      'Mira',
      'mira stone',
      'Tom',
      'Édith',
      ':',
      '：',
      '**',
      '*',
      '[',
      ']',
      '# ',
      ' ',
      '\n',
      '\r\n',
      'Good',
      '"',
      'To',
      '{{user}}',
    ],
    ' '.repeat(70),
  );
  const text = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));
  const places = fc.array(fc.nat(), { maxLength: 8 });

  test('are the same however the text is cut', () => {
    fc.assert(
      fc.property(text, places, (whole, cuts) => expect(passed(cutAt(whole, cuts))).toBe(passed([whole]))),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(text, (whole) => expect(passed([...whole])).toBe(passed([whole]))),
      { numRuns: 1_000 },
    );
  });

  test('are the same when a later attempt continues what an earlier one has passed on', () => {
    fc.assert(
      fc.property(text, places, (whole, cuts) => {
        const pieces = cutAt(whole, cuts);
        const lines = createOwnLines(names);
        let before = '';
        for (const [n, each] of pieces.entries()) {
          before += lines.push(each);
          if (before.trim() === '' || lines.isHolding() || lines.hasEnded()) continue;
          expect(before + passed(pieces.slice(n + 1), before)).toBe(passed([whole]));
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test('a long reply without names is read in linear time', () => {
  const long = '\n'.repeat(20_000) + 'Mira '.repeat(20_000) + ' \n'.repeat(20_000);
  const startedAt = performance.now();
  expect(passed([...long])).toBe(long);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
