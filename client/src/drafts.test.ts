import { describe, expect, test } from '@jest/globals';
import { type Drafts, draftKey, evolveDrafts, filledSteps } from './drafts.js';
import type { RestartReason } from './oldDraft.js';
import type { ViewerFrame } from './schema.js';

const turnId = 'turn_1';
const token = (offset: number, text: string, more: object = {}): ViewerFrame => ({
  type: 'token',
  turnId,
  beat: 0,
  epoch: 1,
  speakerId: 'chr_1',
  channel: 'text',
  offset,
  text,
  ...more,
});
const draft = (text: string, more: object = {}) => ({ ...token(0, text, more), type: 'draft' }) as ViewerFrame;
const hello: ViewerFrame = { type: 'hello', chatId: 'chat_1', seq: 3 };
const event = (kind: string, data: object) =>
  ({ type: 'event', seq: 4, kind, turnId, at: '2026-01-01T00:00:00Z', data }) as ViewerFrame;
const step = (index: number, type: string, more: object = {}) =>
  ({ type: 'step', turnId, step: { id: `s${index}`, index, type, ...more } }) as ViewerFrame;

const draftsAfter = (...frames: ViewerFrame[]): Drafts => frames.reduce(evolveDrafts, new Map() as Drafts);
const textAfter = (...frames: ViewerFrame[]) => draftsAfter(...frames).get(draftKey(turnId, 0))?.text;

/** What the page shows of the draft: that of the lost one while it stays. */
const shown = (drafts: Drafts) => {
  const now = drafts.get(draftKey(turnId, 0))!;
  return now.old ?? now;
};
const shownAfter = (...frames: ViewerFrame[]) => {
  const drafts = draftsAfter(...frames);
  return [shown(drafts).text, drafts.get(draftKey(turnId, 0))?.old?.reason ?? null];
};
const restartTo = (epoch: number, reason: RestartReason): ViewerFrame => ({
  type: 'restart',
  turnId,
  beat: 0,
  epoch,
  reason,
});

describe('a draft', () => {
  test('grows by its tokens, and a token that comes twice changes nothing', () => {
    expect(textAfter(token(0, 'The lamp '), token(9, 'turns'), token(9, 'turns'), token(11, 'rns.'))).toBe(
      'The lamp turns.',
    );
  });

  test('keeps its text while a reconnected viewer receives it again, and continues behind it', () => {
    const shown = [token(0, 'The lamp '), token(9, 'turns'), hello];
    expect(textAfter(...shown)).toBe('The lamp turns');
    expect(textAfter(...shown, draft('The lamp '))).toBe('The lamp turns');
    expect(textAfter(...shown, draft('The lamp '), token(9, 'turns slo'))).toBe('The lamp turns slo');
    expect(textAfter(...shown, draft('The lamp turns slo'), token(18, 'wly.'))).toBe('The lamp turns slowly.');
  });

  test('is replaced by the draft of a newer epoch, and ignores tokens of an older one', () => {
    const restart: ViewerFrame = { type: 'restart', turnId, beat: 0, epoch: 2, reason: 'new_attempt' };
    expect(textAfter(token(0, 'The lamp'), restart, token(0, 'A door', { epoch: 2 }), token(8, ' turns'))).toBe(
      'A door',
    );
    expect(textAfter(token(0, 'The lamp'), hello, draft('A door', { epoch: 2 }))).toBe('A door');
  });

  test('is removed by its assistant_turn and by the end of its turn', () => {
    expect(draftsAfter(token(0, 'The lamp'), event('assistant_turn', { beat: 0 })).size).toBe(0);
    expect(draftsAfter(token(0, 'The lamp'), event('assistant_turn', { beat: 1 })).size).toBe(1);
    expect(draftsAfter(token(0, 'The lamp'), event('turn_completed', {})).size).toBe(0);
    expect(draftsAfter(token(0, 'The lamp'), event('turn_rolled_back', { turnId })).size).toBe(0);
  });

  test('of a relayed reply has the seconds of silence until text arrives', () => {
    const heartbeat: ViewerFrame = { type: 'heartbeat', turnId, elapsedSeconds: 10 };
    const started = event('assistant_turn_started', { beat: 0, speakerId: 'assistant' });
    const waiting = draftsAfter(started, heartbeat).get(draftKey(turnId, 0));
    expect(waiting).toMatchObject({ silentFor: 10, text: '', speakerId: 'assistant' });
    expect(draftsAfter(started, heartbeat, token(0, 'So')).get(draftKey(turnId, 0))).toMatchObject({
      silentFor: 0,
      text: 'So',
    });
  });

  test('of an agent is divided into its steps, which keep their text over a reconnect', () => {
    const frames = [
      step(0, 'thinking'),
      token(0, 'A sum.', { channel: 'thinking' }),
      step(1, 'tool_call', { callId: 'c', name: 'calculate' }),
      step(2, 'text'),
      token(0, 'It is '),
      token(6, '42.'),
    ];
    const received = frames.reduce(evolveDrafts, new Map() as Drafts);
    const contents = (drafts: Drafts) =>
      filledSteps(drafts.get(draftKey(turnId, 0))!).map(({ type, content }) => [type, content]);
    const whole = [
      ['thinking', 'A sum.'],
      ['tool_call', undefined],
      ['text', 'It is 42.'],
    ];
    expect(contents(received)).toEqual(whole);
    const again = [
      hello,
      ...frames.map((frame) => (frame.type === 'token' ? { ...frame, type: 'draft' as const } : frame)),
    ];
    const states = again.map((_, n) => contents(again.slice(0, n + 1).reduce(evolveDrafts, received)));
    for (const state of states) expect(state).toEqual(whole);
  });

  test('that is lost stays until the new one has more text', () => {
    const lost = [token(0, 'The lamp turns.'), restartTo(2, 'worker_lost')];
    expect(shownAfter(...lost)).toEqual(['The lamp turns.', 'worker_lost']);
    expect(shownAfter(...lost, token(0, 'A door', { epoch: 2 }))).toEqual(['The lamp turns.', 'worker_lost']);
    const asLong = [...lost, token(0, 'A door, and so ', { epoch: 2 })];
    expect(shownAfter(...asLong)).toEqual(['The lamp turns.', 'worker_lost']);
    expect(shownAfter(...asLong, token(15, 'on', { epoch: 2 }))).toEqual(['A door, and so on', null]);
  });

  test('that is lost is removed by the assistant_turn, also when the new text is shorter', () => {
    const frames = [token(0, 'The lamp turns.'), restartTo(2, 'worker_lost'), token(0, 'No.', { epoch: 2 })];
    expect(draftsAfter(...frames, event('assistant_turn', { beat: 0 })).size).toBe(0);
  });

  test('that is lost twice keeps the longest old text, with the newest reason', () => {
    const frames = [
      token(0, 'The lamp turns.'),
      restartTo(2, 'worker_lost'),
      token(0, 'A door', { epoch: 2 }),
      restartTo(3, 'provider_failed'),
    ];
    expect(shownAfter(...frames)).toEqual(['The lamp turns.', 'provider_failed']);
    expect(shownAfter(...frames, token(0, 'A voice answers now.', { epoch: 3 }))).toEqual([
      'A voice answers now.',
      null,
    ]);
  });

  test('that is lost and has only thinking stays until there is more thinking, or text', () => {
    const frames = [token(0, 'A sum, then.', { channel: 'thinking' }), restartTo(2, 'handed_over')];
    const thought = (text: string) => token(0, text, { channel: 'thinking', epoch: 2 });
    const thinkingOf = (...more: ViewerFrame[]) => shown(draftsAfter(...frames, ...more)).thinking;
    expect(thinkingOf(thought('Hm.'))).toBe('A sum, then.');
    expect(thinkingOf(thought('Hm. Let me see.'))).toBe('Hm. Let me see.');
    expect(shownAfter(...frames, thought('Hm.'), token(0, '42', { epoch: 2 }))).toEqual(['42', null]);
  });

  test('of an agent that is lost keeps its steps until the new one has more steps or text', () => {
    const kept = [step(0, 'thinking'), token(0, 'A sum.', { channel: 'thinking' }), step(1, 'text')];
    const lost = [...kept, token(0, 'It is'), restartTo(2, 'worker_lost')];
    const again = [step(0, 'thinking'), token(0, 'Hm.', { channel: 'thinking', epoch: 2 }), step(1, 'text')];
    const stepsOf = (...frames: ViewerFrame[]) =>
      filledSteps(shown(draftsAfter(...frames))).map(({ content }) => content);
    expect(stepsOf(...lost, ...again)).toEqual(['A sum.', 'It is']);
    expect(stepsOf(...lost, ...again, token(0, 'It is 42.', { epoch: 2 }))).toEqual(['Hm.', 'It is 42.']);
  });

  test('that is lost while the viewer is not connected stays too, without a reason', () => {
    const back = [token(0, 'The lamp turns.'), hello, draft('A door', { epoch: 2 })];
    expect(shownAfter(...back)).toEqual(['The lamp turns.', null]);
    expect(draftsAfter(...back).get(draftKey(turnId, 0))?.old).toMatchObject({ reason: null });
    expect(shownAfter(...back, token(6, ' opens slowly', { epoch: 2 }))).toEqual(['A door opens slowly', null]);
  });

  test('of an agent that is lost while the viewer is not connected gets the steps of the new draft', () => {
    const before = [step(0, 'thinking'), token(0, 'A sum.', { channel: 'thinking' })];
    const back = [hello, step(0, 'thinking'), draft('Let me add them up.', { channel: 'thinking', epoch: 2 })];
    const after = draftsAfter(...before, ...back, step(1, 'text'), token(0, 'It is 42.', { epoch: 2 }));
    expect(filledSteps(shown(after)).map(({ type, content }) => [type, content])).toEqual([
      ['thinking', 'Let me add them up.'],
      ['text', 'It is 42.'],
    ]);
  });

  test.each(['dropped', 'kept_text', 'thinking_separated'] as const)(
    'is removed at once by a restart for the reason %s',
    (reason) => {
      expect(shownAfter(token(0, 'The lamp turns.'), restartTo(2, reason))).toEqual(['', null]);
    },
  );
});
