import { describe, expect, test } from '@jest/globals';
import { greet, replaceNames } from './greeting.js';

const textOf = (greeting: string | null, names: { user?: string; char?: string } = {}) => {
  const [event] = greet({ id: 'chr_1', name: names.char ?? 'Mira', greeting }, names.user ?? 'Robin');
  return event?.kind === 'assistant_turn' ? event.data.text : null;
};

describe('the greeting of a character', () => {
  test('is a beat of the character that answers no turn', () => {
    expect(greet({ id: 'chr_1', name: 'Mira', greeting: 'Tea or rum?' }, 'Robin')).toEqual([
      {
        kind: 'assistant_turn',
        data: { speakerId: 'chr_1', beat: 0, text: 'Tea or rum?', truncated: false, userTurnSeq: null, model: '' },
      },
    ]);
  });

  test.each([null, '', ' \n', '{{user}}'])('is left out where there is no text: %j', (greeting) => {
    expect(textOf(greeting, { user: ' ' })).toBeNull();
  });

  test('has the names in the place of their placeholders, whatever their case', () => {
    expect(textOf('{{user}}, {{User}}, {{ USER }}: {{char}} and {{CHAR}}.')).toBe(
      'Robin, Robin, Robin: Mira and Mira.',
    );
  });

  test('keeps other placeholders as they are, and takes names literally', () => {
    expect(replaceNames('{{users}} {user} {{random}} {{user}}', { user: "$& $' {{char}}", char: 'M' })).toBe(
      "{{users}} {user} {{random}} $& $' {{char}}",
    );
  });

  test('is bounded where names are much longer than their placeholders', () => {
    const text = textOf('{{user}}'.repeat(20_000), { user: '😀'.repeat(100) }) ?? '';
    expect(text).toHaveLength(200_000);
    expect(text.isWellFormed()).toBe(true);
  });
});
