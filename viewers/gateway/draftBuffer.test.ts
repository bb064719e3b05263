import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDraftBuffer, type DraftPiece } from './draftBuffer.js';

const buffer = () => createDraftBuffer({ turnId: 'turn_1', beat: 0 }, 'chr_1');
const piece = (offset: number, text: string, more: Partial<DraftPiece> = {}): DraftPiece => ({
  fence: 1,
  epoch: 1,
  channel: 'text',
  offset,
  text,
  ...more,
});

describe('a token', () => {
  test('that continues the text is appended', () => {
    const draft = buffer();
    expect(draft.take(piece(0, 'The '))).toBe('appended');
    expect(draft.take(piece(4, 'lamp'))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp');
  });

  test('that is known in part gives its rest', () => {
    const draft = buffer();
    draft.take(piece(0, 'The l'));
    expect(draft.take(piece(4, 'lamp'))).toBe('appended');
    expect(draft.take(piece(0, 'The lamp'))).toBe('known');
    expect(draft.all('text')).toBe('The lamp');
  });

  test('beyond a gap waits for the gap to be filled', () => {
    const draft = buffer();
    expect(draft.take(piece(8, ' is'))).toBe('held');
    expect(draft.take(piece(4, 'lamp'))).toBe('held');
    expect(draft.gap).toBe(true);
    expect(draft.take(piece(0, 'The '))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp is');
    expect(draft.gap).toBe(false);
  });

  test('of an older fence is refused, whatever its epoch', () => {
    const draft = buffer();
    draft.take(piece(0, 'The', { fence: 2 }));
    expect(draft.take(piece(3, ' lamp'))).toBe('refused');
    expect(draft.take(piece(0, 'A', { epoch: 2 }))).toBe('refused');
    draft.learn({ fence: 3, epoch: 1 });
    expect(draft.take(piece(3, ' lamp', { fence: 2 }))).toBe('refused');
    expect(draft.all('text')).toBe('The');
  });

  test('of a newer attempt that goes on in the same draft is appended', () => {
    const draft = buffer();
    draft.take(piece(0, 'The lamp'));
    expect(draft.take(piece(4, 'lamp is', { fence: 2 }))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp is');
  });

  test('of a newer epoch begins the text anew, and forgets what waited', () => {
    const draft = buffer();
    draft.take(piece(0, 'The'));
    draft.take(piece(9, 'x'));
    expect(draft.take(piece(0, 'A', { fence: 2, epoch: 2 }))).toBe('appended');
    expect(draft.gap).toBe(false);
    expect(draft.all('text')).toBe('A');
    expect(draft.epoch).toBe(2);
    expect(draft.take(piece(1, ' b', { fence: 2 }))).toBe('refused');
  });

  test('may wait only so far', () => {
    const draft = buffer();
    for (let i = 1; i <= 10_000; i++) draft.take(piece(i * 10, 'x'.repeat(1_000)));
    draft.take(piece(0, 'x'.repeat(10)));
    expect(draft.length('text')).toBeLessThan(1_100_000);
    expect(draft.gap).toBe(false);
  });
});

test('any loss, repetition and reordering, with the checkpoints, gives the text that was streamed', () => {
  const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.infiniteStream(fc.nat({ max: 99 })), (said, chance) => {
      const next = () => chance.next().value as number;
      const tokens: DraftPiece[] = [];
      for (const text of said)
        tokens.push(
          piece(
            tokens.reduce((sum, token) => sum + token.text.length, 0),
            text,
          ),
        );
      const whole = said.join('');
      const wire = tokens
        .filter(() => next() >= 20)
        .flatMap((token) => (next() < 20 ? [token, token] : [token]))
        .map((token) => ({ token, at: next() < 30 ? next() : 0 }))
        .map(({ token, at }, i) => ({ token, at: i + at / 5 }))
        .sort((a, b) => a.at - b.at);
      const draft = buffer();
      for (const { token } of wire) {
        draft.take(token);
        expect(whole.startsWith(draft.all('text'))).toBe(true);
      }
      // The checkpoints cut the text elsewhere than the wire.
      for (let from = 0; from < whole.length; ) {
        const to = from + 1 + (next() % 20);
        draft.take(piece(from, whole.slice(from, to)));
        from = to;
      }
      expect(draft.all('text')).toBe(whole);
      expect(draft.gap).toBe(false);
    }),
    { numRuns: 300 },
  );
});
