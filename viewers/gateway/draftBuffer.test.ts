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

describe('a piece of a draft', () => {
  test('is appended where it continues the text', () => {
    const draft = buffer();
    expect(draft.applyPiece(piece(0, 'The '))).toBe('appended');
    expect(draft.applyPiece(piece(4, 'lamp'))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp');
  });

  test('is appended without the part that the text has already', () => {
    const draft = buffer();
    draft.applyPiece(piece(0, 'The l'));
    expect(draft.applyPiece(piece(4, 'lamp'))).toBe('appended');
    expect(draft.applyPiece(piece(0, 'The lamp'))).toBe('duplicate');
    expect(draft.all('text')).toBe('The lamp');
  });

  test('that lies behind missing text is held until that text arrives', () => {
    const draft = buffer();
    expect(draft.applyPiece(piece(8, ' is'))).toBe('held');
    expect(draft.applyPiece(piece(4, 'lamp'))).toBe('held');
    expect(draft.state.status).toBe('gap');
    expect(draft.applyPiece(piece(0, 'The '))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp is');
    expect(draft.state.status).toBe('current');
  });

  test('of an older fence is refused, whatever its epoch', () => {
    const draft = buffer();
    draft.applyPiece(piece(0, 'The', { fence: 2 }));
    expect(draft.applyPiece(piece(3, ' lamp'))).toBe('refused');
    expect(draft.applyPiece(piece(0, 'A', { epoch: 2 }))).toBe('refused');
    draft.applyLease({ fence: 3, epoch: 1 });
    expect(draft.applyPiece(piece(3, ' lamp', { fence: 2 }))).toBe('refused');
    expect(draft.all('text')).toBe('The');
  });

  test('of a newer attempt that continues the same epoch is appended', () => {
    const draft = buffer();
    draft.applyPiece(piece(0, 'The lamp'));
    expect(draft.applyPiece(piece(4, 'lamp is', { fence: 2 }))).toBe('appended');
    expect(draft.all('text')).toBe('The lamp is');
  });

  test('of a newer epoch replaces the text and drops the pieces that were held', () => {
    const draft = buffer();
    draft.applyPiece(piece(0, 'The'));
    draft.applyPiece(piece(9, 'x'));
    expect(draft.applyPiece(piece(0, 'A', { fence: 2, epoch: 2 }))).toBe('appended');
    expect(draft.state.status).toBe('current');
    expect(draft.all('text')).toBe('A');
    expect(draft.state.epoch).toBe(2);
    expect(draft.applyPiece(piece(1, ' b', { fence: 2 }))).toBe('refused');
  });

  test('is dropped instead of held when too much is held already', () => {
    const draft = buffer();
    for (let i = 1; i <= 10_000; i++) draft.applyPiece(piece(i * 10, 'x'.repeat(1_000)));
    draft.applyPiece(piece(0, 'x'.repeat(10)));
    expect(draft.length('text')).toBeLessThan(1_100_000);
    expect(draft.state.status).toBe('current');
  });
});

test('a draft has the streamed text after any loss, repetition and reordering on the wire, once the checkpoints are applied', () => {
  const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.infiniteStream(fc.nat({ max: 99 })), (streamed, chance) => {
      const next = () => chance.next().value as number;
      const tokens: DraftPiece[] = [];
      for (const text of streamed)
        tokens.push(
          piece(
            tokens.reduce((sum, token) => sum + token.text.length, 0),
            text,
          ),
        );
      const whole = streamed.join('');
      const wire = tokens
        .filter(() => next() >= 20)
        .flatMap((token) => (next() < 20 ? [token, token] : [token]))
        .map((token) => ({ token, at: next() < 30 ? next() : 0 }))
        .map(({ token, at }, i) => ({ token, at: i + at / 5 }))
        .sort((a, b) => a.at - b.at);
      const draft = buffer();
      for (const { token } of wire) {
        draft.applyPiece(token);
        expect(whole.startsWith(draft.all('text'))).toBe(true);
      }
      // The checkpoints cut the text elsewhere than the wire.
      for (let from = 0; from < whole.length; ) {
        const to = from + 1 + (next() % 20);
        draft.applyPiece(piece(from, whole.slice(from, to)));
        from = to;
      }
      expect(draft.all('text')).toBe(whole);
      expect(draft.state.status).toBe('current');
    }),
    { numRuns: 300 },
  );
});
