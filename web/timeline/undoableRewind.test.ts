import { describe, expect, test } from '@jest/globals';
import type { Event } from '../../client/src/index.js';
import { undoableRewind } from './undoableRewind.js';

/** Events of these kinds, with seqs from 1 on. */
const log = (...lines: [kind: string, turnId?: string, data?: object][]): Event[] =>
  lines.map(([kind, turnId = null, data = {}], at) => ({ seq: at + 1, kind, turnId, data }) as unknown as Event);

const before = [['user_turn', 'a'], ['assistant_turn', 'a'], ['chat_rewound']] as [string, string?][];
const edit = [
  ['user_turn_edit', 'b'],
  ['assistant_turn', 'b'],
  ['turn_superseded', 'b', { turnId: 'a', by: 'b' }],
  ['memory_written', 'b'],
  ['turn_completed', 'b'],
] as [string, string?, object?][];

describe('a rewind', () => {
  test('can be undone while it is the newest event', () => {
    expect(undoableRewind(log(...before))).toEqual({ seq: 3, replaced: null });
    expect(undoableRewind(log(...before, ['strategy_unlinked']))).toEqual({ seq: 3, replaced: null });
    expect(undoableRewind(log(['user_turn', 'a']))).toBeNull();
    expect(undoableRewind([])).toBeNull();
  });

  test('can be undone after the message before it was edited, by the version that the edit replaced', () => {
    expect(undoableRewind(log(...before, ...edit))).toEqual({ seq: 3, replaced: { turnId: 'a', by: 'b' } });
  });

  test('can be undone after that message was edited twice, by its first version', () => {
    // The events of the first edit are not in the timeline any more, but its choice is.
    const twice = log(
      ...before,
      ['turn_superseded', 'b', { turnId: 'a', by: 'b' }],
      ['user_turn_edit', 'c'],
      ['assistant_turn', 'c'],
      ['turn_superseded', 'c', { turnId: 'b', by: 'c' }],
    );
    expect(undoableRewind(twice)).toEqual({ seq: 3, replaced: { turnId: 'a', by: 'c' } });
  });

  test('can be undone once the old version is active again', () => {
    const back = log(...before, ['turn_superseded', 'b', { turnId: 'a', by: 'b' }], ['version_activated', 'a']);
    expect(undoableRewind(back)).toEqual({ seq: 3, replaced: null });
  });

  test('can’t be undone after another message, a change of the chat, or an undo', () => {
    expect(undoableRewind(log(...before, ['user_turn', 'c']))).toBeNull();
    expect(undoableRewind(log(...before, ['scene_opened']))).toBeNull();
    expect(undoableRewind(log(...before, ['rewind_undone']))).toBeNull();
    expect(undoableRewind(log(...before, ['user_turn_edit', 'b']))).toBeNull();
  });
});
