import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toEventFrame } from '../../domain/log/frames.js';
import { createFrameCheck } from '../../test/support/viewers/frameCheck.js';
import { copyDelivered, type DeliveredDrafts, forgetEnded } from './deliveredDrafts.js';
import { createDraftBuffer, type DraftBuffer } from './draftBuffer.js';
import { nextDraftFrame } from './draftFrames.js';
import { type FeedEvent, nextFrameBefore } from './landingFrames.js';

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

/** A viewer that checks each frame that it gets against the protocol. */
function viewer(joining = false) {
  let delivered: DeliveredDrafts = new Map();
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
    receiveOneFrame: (draft: DraftBuffer) => take(nextDraftFrame(delivered, draft, joining)),
    receiveDraft(draft: DraftBuffer) {
      while (take(nextDraftFrame(delivered, draft, joining)));
    },
    receiveEvent(entry: FeedEvent, joinedAtSeq = 4) {
      while (take(nextFrameBefore(delivered, entry, joinedAtSeq)));
      take(toEventFrame({ ...entry.event, turnId }));
      forgetEnded(delivered, entry.event);
    },
    /** Leaves the live group, with a copy of the cursors. */
    fallBehind() {
      delivered = copyDelivered(delivered);
    },
  };
}

const draftOf = (text: string, epoch = 1) => {
  const draft = createDraftBuffer({ turnId, beat: 0 }, 'chr_1');
  draft.applyPiece({ fence: epoch, epoch, channel: 'text', offset: 0, text });
  return draft;
};

describe('a beat whose event arrives', () => {
  test('is delivered to its end before the event, if a part of it was delivered', () => {
    const v = viewer();
    v.receiveDraft(draftOf('The'));
    v.receiveEvent(landing('The lamp', 1));
    expect([v.types, v.text(), v.violations]).toEqual([['token', 'token', 'event'], 'The lamp', []]);
  });

  test('is delivered in full before the event to a viewer that joined before it ended', () => {
    const v = viewer();
    v.receiveEvent(landing('The lamp', 1));
    expect([v.types, v.violations]).toEqual([['token', 'event'], []]);
  });

  test('is delivered as its event alone to a viewer that joined after it ended', () => {
    const v = viewer();
    v.receiveEvent(landing('The lamp', 1), 5);
    expect(v.types).toEqual(['event']);
  });

  test('restarts with the text of the log if that is of a newer epoch than was delivered', () => {
    const v = viewer();
    v.receiveDraft(draftOf('The lamp is'));
    v.receiveEvent(landing('The lamp', 2));
    expect([v.types, v.text(), v.violations]).toEqual([['token', 'restart', 'token', 'event'], 'The lamp', []]);
  });

  test('restarts with the text of the log if more was delivered than was kept', () => {
    const v = viewer();
    v.receiveDraft(draftOf('The lamp is'));
    v.receiveEvent(landing('The lamp', 1));
    expect([v.text(), v.violations]).toEqual(['The lamp', []]);
  });

  test('is dropped by a restart before its turn ends, if nothing of it was kept', () => {
    const v = viewer();
    v.receiveDraft(draftOf('The lamp is'));
    v.receiveEvent({ ...completed, event: { ...completed.event, seq: 5 } });
    expect([v.types, v.text()]).toEqual([['token', 'restart', 'event'], '']);
  });
});

test('a viewer that joins while a reply streams gets a draft frame, and tokens behind it when the text is long', () => {
  const v = viewer(true);
  v.receiveDraft(draftOf('x'.repeat(100_000), 3));
  expect([v.types, v.text().length, v.violations]).toEqual([['draft', 'token'], 100_000, []]);
});

test('a viewer ends with the text of the log, however the draft grows, restarts and ends, and whenever it catches up', () => {
  const text = fc.oneof(
    { weight: 9, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }) },
    { weight: 1, arbitrary: fc.constant('🕯'.repeat(40_000)) },
  );
  const step = fc.record({
    do: fc.constantFrom('stream', 'stream', 'stream', 'lose', 'retry', 'receive', 'receiveOne', 'fallBehind'),
    text,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), fc.boolean(), (steps, joining, stopped) => {
      const v = viewer(joining);
      const draft = createDraftBuffer({ turnId, beat: 0 }, 'chr_1');
      let epoch = 1;
      let streamed = '';
      const acts = {
        receive: () => v.receiveDraft(draft),
        receiveOne: () => v.receiveOneFrame(draft),
        fallBehind: v.fallBehind,
        lose: (text: string) => {
          streamed += text;
        },
        stream: (text: string) => {
          draft.applyPiece({ fence: epoch, epoch, channel: 'text', offset: streamed.length, text });
          streamed += text;
        },
        retry: () => {
          epoch += 1;
          streamed = '';
        },
      };
      for (const now of steps) acts[now.do](now.text);
      // A stop keeps what was checkpointed, as a draft of its own.
      if (stopped) v.receiveEvent(landing(streamed.slice(0, streamed.length / 2).toWellFormed(), epoch + 1));
      else v.receiveEvent(landing(streamed, epoch));
      v.receiveEvent(completed);
      expect(v.violations).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
