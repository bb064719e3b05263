import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { handEdits } from './handEdits.js';
import { type Edit, editBetween } from './span.js';

/** The text after edits, which are in order. */
function edited(before: string, after: string, edits: readonly Edit[]): string {
  let text = before;
  let end = after.length;
  let old = before.length;
  for (const edit of edits.toReversed()) {
    end -= old - edit.end;
    text = text.slice(0, edit.start) + after.slice(end - edit.length, end) + text.slice(edit.end);
    end -= edit.length;
    old = edit.start;
  }
  return text;
}

const lines = fc.array(fc.constantFrom('a', 'b', 'one', 'two', 'three', '', 'a\r'), { maxLength: 12 });
const body = lines.map((all) => all.join('\n'));

describe('the edits of a person', () => {
  test('lead from one text to the other, whatever the texts', () => {
    fc.assert(
      fc.property(body, body, (before, after) => {
        expect(edited(before, after, handEdits(before, after))).toBe(after);
        expect(edited(before, after, [editBetween(before, after)])).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keep the lines between two that were changed', () => {
    const edits = handEdits('Title\nkept line\nend', 'A title\nkept line\nthe end');
    expect(edits).toEqual([
      { start: 0, end: 1, length: 3 },
      { start: 16, end: 16, length: 4 },
    ]);
  });

  test('are taken as one where there are very many', () => {
    const text = (word: string) => Array.from({ length: 5_000 }, (_, n) => `line ${n}\n${word} ${n}\n`).join('');
    expect(handEdits(text('old'), text('new'))).toHaveLength(1);
  });
});
