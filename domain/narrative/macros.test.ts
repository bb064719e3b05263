import { expect, test } from '@jest/globals';
import { hasOriginal, replaceMacros, replaceOriginal } from './macros.js';
import { replacePersonaMacros } from './personas.js';

const names = { user: 'Robin', char: 'Mira' };

test.each([
  ['{{user}} meets {{char}}.', 'Robin meets Mira.'],
  ['{{User}} meets {{CHAR}}.', 'Robin meets Mira.'],
  ['{{ user }}’s {{char}}{{char}}', 'Robin’s MiraMira'],
  ['<USER> meets <BOT>.', 'Robin meets Mira.'],
  ['<user> {{random}} {user} {{user', '<user> {{random}} {user} {{user'],
])('the macros of %j become names', (text, replaced) => {
  expect(replaceMacros(text, names)).toBe(replaced);
});

test('a name that holds a macro or a pattern is put in as it is', () => {
  expect(replaceMacros('{{user}} and {{char}}', { user: '$&{{char}}', char: '$1' })).toBe('$&{{char}} and $1');
  expect(replaceOriginal('{{Original}}!', "$'")).toBe("$'!");
  expect([hasOriginal('{{original}}'), hasOriginal('original')]).toEqual([true, false]);
});

test('personas get the names of those whom they are about', () => {
  const persona = '{{char}} knows {{user}}.';
  const of = (id: string, name: string) => ({ id, name, persona });
  const cast = { you: of('you', 'Robin'), host: of('chr_m', 'Mira'), guest: of('chr_t', 'Tomas') };
  const { you, host, guest } = replacePersonaMacros(cast);
  expect([you, host, guest].map((person) => person?.persona)).toEqual([
    'Mira knows Robin.',
    'Mira knows Robin.',
    'Tomas knows Robin.',
  ]);
  expect(replacePersonaMacros({ ...cast, guest: null }).guest).toBeNull();
});
