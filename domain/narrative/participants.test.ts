import { describe, expect, test } from '@jest/globals';
import { directedPairs, silentWitness, witnesses } from './participants.js';

const host = { id: 'chr_h', name: 'Mira', persona: '' };
const guest = { id: 'chr_g', name: 'Brann', persona: '' };

describe('the participants of a chat', () => {
  test('are two directed pairs in a chat of one character, and six with a guest', () => {
    expect(directedPairs({ host, guest: null })).toEqual([
      { sourceId: 'you', targetId: 'chr_h' },
      { sourceId: 'chr_h', targetId: 'you' },
    ]);
    const six = directedPairs({ host, guest });
    expect(new Set(six.map(({ sourceId, targetId }) => `${sourceId}>${targetId}`)).size).toBe(6);
    expect(six.every(({ sourceId, targetId }) => sourceId !== targetId)).toBe(true);
  });

  test('are witnesses, except for the user', () => {
    expect(witnesses({ host, guest })).toEqual([host, guest]);
    expect(witnesses({ host, guest: null })).toEqual([host]);
  });

  test('include one silent character where there is a guest, and none otherwise', () => {
    expect(silentWitness({ host, guest }, host.id)).toBe(guest);
    expect(silentWitness({ host, guest }, guest.id)).toBe(host);
    expect(silentWitness({ host, guest: null }, host.id)).toBeNull();
  });
});
