import { describe, expect, test } from '@jest/globals';
import { toCardFile, toCharacter } from '../../../domain/narrative/cards/cardCharacter.js';
import { chunk, png, text } from '../../../test/support/cards/pngs.js';
import { brokenShapes, shapes, v1, v2, v3 } from '../../../test/support/cards/shapes.js';
import { readCardFile } from './cardFile.js';
import { withoutTexts, withTexts } from './png.js';

const read = (file: Buffer, type = 'application/json') => readCardFile(file, type);
const exported = (card: Parameters<typeof toCharacter>[0]) => toCardFile(toCharacter(card), card);
const asFile = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('a character card', () => {
  test.each(shapes)('is imported, exported and imported again as the same: $title', async ({ file, type, name }) => {
    const { card } = await read(file, type);
    expect(toCharacter(card).name).toBe(name ?? 'Mira');
    const once = exported(card);
    const { card: again } = await read(asFile(once));
    expect(again).toEqual(JSON.parse(JSON.stringify(card)));
    expect(exported(again)).toEqual(once);
  });

  test.each(brokenShapes)('is refused with the place and the reason: $title', async ({ file, says }) => {
    await expect(read(file)).rejects.toMatchObject({ code: 'invalid_card', detail: expect.stringMatching(says) });
  });

  test.each([
    ['plain text', Buffer.from('hello'), 'text/plain'],
    ['a JPEG', Buffer.from('ffd8ffe000104a46', 'hex'), 'image/jpeg'],
    ['a zip', Buffer.from('504b0304', 'hex'), 'application/zip'],
    ['a form', Buffer.from('--x\r\nContent-Disposition: form-data'), 'multipart/form-data; boundary=x'],
    ['a JPEG that says it is a PNG', Buffer.from('ffd8ffe000104a46', 'hex'), 'image/png'],
  ])('that is %s is a media type that is not supported', async (_, file, type) => {
    await expect(read(file, type)).rejects.toMatchObject({ code: 'unsupported_media_type' });
  });

  test('of version 3 is exported as it was imported, with what no program knows', async () => {
    const wish = { ...v3, mine: [1, null], data: { ...v3.data, unknown: { deep: ['x', 1.5, null] } } };
    const { card } = await read(asFile(wish));
    expect(exported(card)).toEqual(wish);
  });

  test('makes a persona of description, personality and scenario, and a greeting of the first message', async () => {
    const { card } = await read(asFile(v2));
    expect(toCharacter(card)).toEqual({
      name: 'Mira',
      persona: `${v1.description}\n\nPersonality: dry, kind\n\nScenario: ${v1.scenario}`,
      greeting: v1.first_mes,
    });
  });

  test('is exported with the changes that were made to the character', async () => {
    const { card } = await read(asFile(v3));
    const { data } = toCardFile({ name: 'Vera', persona: 'Sails.', greeting: null }, card) as typeof v3;
    expect(data).toMatchObject({ name: 'Vera', description: 'Sails.', personality: '', scenario: '', first_mes: '' });
    expect(data).toMatchObject({ mes_example: v1.mes_example, character_book: v3.data.character_book });
  });

  test('is made of a character that was not imported', async () => {
    const character = { name: 'Mira', persona: 'Sails.', greeting: 'Hi.' };
    const { card } = await read(asFile(toCardFile(character, null)));
    expect(toCharacter(card)).toEqual(character);
  });
});

describe('the image of a card', () => {
  test('is kept without its texts, and gets a card that is read again', async () => {
    const { image } = await read(
      Buffer.concat([png(text('chara', 'x'), text('ccv3', asFile(v3).toString('base64'))), Buffer.from('more')]),
    );
    expect(image).toEqual(png());
    const file = withTexts(image!, { ccv3: asFile(v3).toString('base64') });
    expect(withoutTexts(file)).toEqual(png());
    expect(exported((await read(file)).card)).toEqual(v3);
  });

  test('may have many chunks, and not more than an image ever has', async () => {
    const withChunks = (length: number) =>
      png(...Array.from({ length }, () => chunk('tEXt', 'a\0b')), text('chara', asFile(v1).toString('base64')));
    expect(toCharacter((await read(withChunks(15_000))).card).name).toBe('Mira');
    await expect(read(withChunks(50_000))).rejects.toThrow('more than 20000 chunks');
  });
});

test('white space within a card, however much, is read in linear time', async () => {
  const file = Buffer.from(`{"name":"Mira"${' '.repeat(1_500_000)},"description":"x"}\0\0\n`);
  expect(toCharacter((await read(file)).card).name).toBe('Mira');
});
