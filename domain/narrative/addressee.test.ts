import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { addresseeByName, mentions } from './addressee.js';

const host = { id: 'chr_h', name: 'Mira' };
const guest = { id: 'chr_g', name: 'Brann' };

describe('the addressee by names', () => {
  test.each([
    ['Brann, what do you say?', 'chr_g'],
    ['what does BRANN say?', 'chr_g'],
    ["Brann's knife", 'chr_g'],
    ['Mira, what do you say?', 'chr_h'],
    ['Mira and Brann, look', 'chr_h'],
    ['Good evening.', 'chr_h'],
    ['A brannigan in the bar', 'chr_h'],
    ['xBrann Brann2 Brann_', 'chr_h'],
    ['', 'chr_h'],
  ])('of %j is %s', (prose, id) => {
    expect(addresseeByName(prose, host, guest)).toBe(id);
  });

  test('is the host where there is no guest', () => {
    expect(addresseeByName('Brann?', host, null)).toBe(host.id);
  });

  test.each(['.*', '(Brann|', 'C++', '[a-z]', '\\', '$', '^Brann$', '(?=a)', 'a{1,99999}'])(
    'matches the name %j literally',
    (name) => {
      expect(addresseeByName('nothing of the kind', host, { id: 'chr_g', name })).toBe(host.id);
      expect(addresseeByName(`so, ${name}, tell`, host, { id: 'chr_g', name })).toBe('chr_g');
    },
  );

  test('is found in words of any script', () => {
    expect(mentions('Ну, Ольга!', 'ольга')).toBe(true);
    expect(mentions('Ольгами', 'Ольга')).toBe(false);
    expect(mentions('Zoe\u0308 waits', 'Zo\u00eb')).toBe(true);
    expect(mentions('Zoé', 'Zo')).toBe(false);
    expect(mentions('𝒜Mira', 'Mira')).toBe(false);
    expect(mentions('🦊Mira🦊', 'Mira')).toBe(true);
  });

  test('is not found by a blank name', () => {
    expect(addresseeByName('  ', host, { id: 'chr_g', name: ' ' })).toBe(host.id);
  });

  test('is found wherever the name stands as a word of its own, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (name, before, after) => {
        fc.pre(name.trim() !== '');
        expect(mentions(`${before} ${name} ${after}`, name)).toBe(true);
      }),
    );
  });

  test('is found in linear time in a long text that almost matches everywhere', () => {
    expect(mentions('a'.repeat(200_000), 'a'.repeat(200))).toBe(false);
  });
});
