import { expect, test } from '@jest/globals';
import { speakerNames, stopSequences } from './speakerNames.js';

const person = (id: string, name: string) => ({ id, name, persona: '' });
const you = person('you', 'Tom');

test('the names of a speaker and of the others hold first names that only one of them has', () => {
  const cast = { you, host: person('a', 'Lady  Anne'), guest: person('b', 'Lord Byron'), speakerId: 'a' };
  expect(speakerNames(cast)).toEqual({
    own: ['Lady Anne', 'Lady', '{{char}}'],
    others: ['Tom', 'You', 'User', '{{user}}', 'Lord Byron', 'Lord'],
  });
  const ladies = speakerNames({ ...cast, guest: person('b', 'Lady Bea'), speakerId: 'b' });
  expect(ladies.own).toEqual(['Lady Bea', '{{char}}']);
  expect(ladies.others).toContain('Lady Anne');
  expect(ladies.others).not.toContain('Lady');
});

test("a name that the speaker shares with another participant is the speaker's", () => {
  const { own, others } = speakerNames({
    you: person('you', 'mira'),
    host: person('a', 'Mira'),
    guest: null,
    speakerId: 'a',
  });
  expect(own).toContain('Mira');
  expect(others).toEqual(['You', 'User', '{{user}}']);
});

test('a provider is asked to stop at lines of at most four names of others, and not at common words', () => {
  const cast = { you, host: person('a', 'Lady  Anne'), guest: person('b', 'Lord Byron'), speakerId: 'a' };
  expect(stopSequences(speakerNames(cast))).toEqual(['\nTom:', '\nLord Byron:', '\nLord:']);
  const crowd = Array.from({ length: 6 }, (_, n) => `Name${n}`);
  expect(stopSequences({ own: [], others: ['You', ...crowd] })).toHaveLength(4);
  expect(stopSequences({ own: [], others: ['You', 'User'] })).toEqual([]);
});
