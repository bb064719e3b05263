import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toEventFrame } from '../../domain/log/frames.js';
import { createFrameCheck } from '../../test/support/viewers/frameCheck.js';
import { createDraftBuffer, type DraftBuffer } from './draftBuffer.js';
import { copyTold, type FeedEvent, forgetEnded, nextDraftFrame, nextFrameBefore, type Told } from './told.js';

const turnId = 'turn_1';
const landing = (text: string, epoch: number, seq = 5): FeedEvent => ({
  event: {
    seq,
    kind: 'assistant_turn',
    turnId,
    at: '2026-01-01T00:00:00.000Z',
    data: { speakerId: 'chr_1', beat: 0, text, truncated: false, userTurnSeq: 1, model: 'm' },
    supersededBy: null,
    hiddenBy: null,
  },
  epoch,
});
const completed: FeedEvent = {
  event: {
    ...landing('', 0).event,
    seq: 6,
    kind: 'turn_completed',
    data: { status: 'completed', usage: null, warnings: [], tokenUsage: null },
  },
  epoch: 0,
};

/** A viewer that is told frames, each held against the contract. */
function viewer(joining = false) {
  let told: Told = new Map();
  const check = createFrameCheck(4);
  check.take({ type: 'hello', chatId: 'chat_1', seq: 4 });
  const types: string[] = [];
  function take(frame: Parameters<typeof check.take>[0] | undefined) {
    if (!frame) return false;
    types.push(frame.type);
    check.take(frame);
    return true;
  }
  return {
    types,
    text: () => check.text(turnId),
    violations: check.violations,
    seeOne: (draft: DraftBuffer) => take(nextDraftFrame(told, draft, joining)),
    see(draft: DraftBuffer) {
      while (take(nextDraftFrame(told, draft, joining)));
    },
    hear(entry: FeedEvent, cameAt = 4) {
      while (take(nextFrameBefore(told, entry, cameAt)));
      take(toEventFrame({ ...entry.event, turnId }));
      forgetEnded(told, entry);
    },
    /** Goes on by itself, or with the others: with a copy of what it was told. */
    change() {
      told = copyTold(told);
    },
  };
}

const draftOf = (text: string, epoch = 1) => {
  const draft = createDraftBuffer({ turnId, beat: 0 }, 'chr_1');
  draft.take({ fence: epoch, epoch, channel: 'text', offset: 0, text });
  return draft;
};

describe('before its event, a beat', () => {
  test('that was told in part is told to its end', () => {
    const v = viewer();
    v.see(draftOf('The'));
    v.hear(landing('The lamp', 1));
    expect([v.types, v.text(), v.violations]).toEqual([['token', 'token', 'event'], 'The lamp', []]);
  });

  test('of which nothing was told is told in full to who was there', () => {
    const v = viewer();
    v.hear(landing('The lamp', 1));
    expect([v.types, v.violations]).toEqual([['token', 'event'], []]);
  });

  test('that had ended when the viewer came is not told', () => {
    const v = viewer();
    v.hear(landing('The lamp', 1), 5);
    expect(v.types).toEqual(['event']);
  });

  test('whose draft was replaced is told anew', () => {
    const v = viewer();
    v.see(draftOf('The lamp is'));
    v.hear(landing('The lamp', 2));
    expect([v.types, v.text(), v.violations]).toEqual([['token', 'restart', 'token', 'event'], 'The lamp', []]);
  });

  test('of which more was told than kept is told anew, even if nobody counted a new draft', () => {
    const v = viewer();
    v.see(draftOf('The lamp is'));
    v.hear(landing('The lamp', 1));
    expect([v.text(), v.violations]).toEqual(['The lamp', []]);
  });

  test('of which nothing was kept is taken back when its turn ends', () => {
    const v = viewer();
    v.see(draftOf('The lamp is'));
    v.hear({ ...completed, event: { ...completed.event, seq: 5 } });
    expect([v.types, v.text()]).toEqual([['token', 'restart', 'event'], '']);
  });
});

test('who comes in mid-stream gets the draft as such, in pieces when it is long', () => {
  const v = viewer(true);
  v.see(draftOf('x'.repeat(100_000), 3));
  expect([v.types, v.text().length, v.violations]).toEqual([['draft', 'token'], 100_000, []]);
});

test('however a draft grows, starts over and ends, and whenever a viewer looks, it has the text of the log', () => {
  const text = fc.oneof(
    { weight: 9, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }) },
    { weight: 1, arbitrary: fc.constant('🕯'.repeat(40_000)) },
  );
  const step = fc.record({
    do: fc.constantFrom('say', 'say', 'say', 'lose', 'retry', 'see', 'seeOne', 'change'),
    text,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), fc.boolean(), (steps, joining, stopped) => {
      const v = viewer(joining);
      const draft = createDraftBuffer({ turnId, beat: 0 }, 'chr_1');
      let epoch = 1;
      let said = '';
      const acts = {
        see: () => v.see(draft),
        seeOne: () => v.seeOne(draft),
        change: v.change,
        lose: (text: string) => {
          said += text;
        },
        say: (text: string) => {
          draft.take({ fence: epoch, epoch, channel: 'text', offset: said.length, text });
          said += text;
        },
        retry: () => {
          epoch += 1;
          said = '';
        },
      };
      for (const now of steps) acts[now.do](now.text);
      // A stop keeps what was checkpointed, as a draft of its own.
      if (stopped) v.hear(landing(said.slice(0, said.length / 2).toWellFormed(), epoch + 1));
      else v.hear(landing(said, epoch));
      v.hear(completed);
      expect(v.violations).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
