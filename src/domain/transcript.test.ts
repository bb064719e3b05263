import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChatEvent, NewEvent } from './events.js';
import { foldTranscript, toHtml } from './transcript.js';
import type { TokenUsage } from './turn.js';

const usage: TokenUsage = {
  promptTokens: 12,
  completionTokens: 5,
  totalTokens: 17,
  cachedTokens: 0,
  toolCallCount: 0,
  llmCallCount: 1,
  modelId: 'gpt-4.1',
  certainty: 'exact',
};

function log(...entries: [turnId: string | null, event: NewEvent, marks?: Partial<ChatEvent>][]): ChatEvent[] {
  return entries.map(
    ([turnId, event, marks], i) =>
      ({
        ...event,
        seq: i + 1,
        turnId,
        at: `2026-01-01T00:00:0${i}.000Z`,
        hiddenBy: null,
        supersededBy: null,
        ...marks,
      }) as ChatEvent,
  );
}

const said = (text: string): NewEvent => ({ kind: 'user_turn', data: { text, segments: [] } });
const replied = (text: string, userTurnSeq: number, truncated = false): NewEvent => ({
  kind: 'assistant_turn',
  data: { speakerId: 'chr_1', beat: 0, text, truncated, userTurnSeq, model: 'gpt-4.1' },
});
const done: NewEvent = {
  kind: 'turn_completed',
  data: { status: 'completed', usage, warnings: [], tokenUsage: usage },
};

describe('the transcript', () => {
  it('groups by turn: what was queued while a reply streamed comes after that reply', () => {
    const messages = foldTranscript(
      log(['turn_a', said('one')], ['turn_b', said('two')], ['turn_a', replied('1', 1)], ['turn_b', replied('2', 2)]),
    );
    expect(messages.map((message) => message.content)).toEqual(['one', '1', 'two', '2']);
  });

  it('carries the usage of a turn on its user and on its assistant message', () => {
    const messages = foldTranscript(log(['turn_a', said('one')], ['turn_a', replied('1', 1)], ['turn_a', done]));
    expect(messages.map((message) => message.tokenUsage)).toEqual([usage, usage]);
  });

  it('says of a reply who spoke, with which model, and whether it was cut', () => {
    const [, reply] = foldTranscript(log(['turn_a', said('one')], ['turn_a', replied('1', 1, true)]));
    expect(reply).toMatchObject({ role: 'assistant', speakerId: 'chr_1', modelId: 'gpt-4.1', truncated: true });
  });

  it('shows the version of a reply that is in the timeline, under prose that another turn said', () => {
    const messages = foldTranscript(
      log(
        ['turn_a', said('one')],
        ['turn_a', replied('old', 1), { supersededBy: 5 }],
        ['turn_a', done, { supersededBy: 5 }],
        ['turn_b', said('two')],
        ['turn_r', { kind: 'turn_superseded', data: { turnId: 'turn_a', by: 'turn_r' } }],
        ['turn_r', replied('new', 1)],
        ['turn_r', done],
      ),
    );
    expect(messages.map(({ content, tokenUsage }) => [content, tokenUsage])).toEqual([
      ['one', usage],
      ['new', usage],
      ['two', undefined],
    ]);
  });

  it('shows edited prose in the place of what it was, and both beats of a turn', () => {
    const edit: NewEvent = { kind: 'user_turn_edit', data: { userTurnSeq: 1, text: 'One!' } };
    const messages = foldTranscript(
      log(
        ['turn_a', said('one'), { supersededBy: 4 }],
        ['turn_b', said('two')],
        ['turn_e', edit],
        ['turn_e', { kind: 'turn_superseded', data: { turnId: 'turn_a', by: 'turn_e' } }],
        ['turn_e', replied('1', 1)],
        ['turn_e', replied('1 too', 1)],
      ),
    );
    expect(messages.map((message) => message.content)).toEqual(['One!', '1', '1 too', 'two']);
  });

  it('keeps the usage of a reply that a failed version did not replace', () => {
    const failed: NewEvent = {
      kind: 'turn_completed',
      data: { status: 'failed', usage: null, warnings: [], tokenUsage: null },
    };
    const messages = foldTranscript(
      log(['turn_a', said('one')], ['turn_a', replied('1', 1)], ['turn_a', done], ['turn_r', failed]),
    );
    expect(messages.map((message) => message.tokenUsage)).toEqual([usage, usage]);
  });

  it('leaves out what is hidden or superseded', () => {
    const messages = foldTranscript(
      log(
        ['turn_a', said('gone'), { hiddenBy: 4 }],
        ['turn_b', said('kept')],
        ['turn_b', replied('old', 2), { supersededBy: 5 }],
        ['turn_a', { kind: 'turn_rolled_back', data: { turnId: 'turn_a' } }],
        ['turn_b', replied('new', 2)],
      ),
    );
    expect(messages.map((message) => message.content)).toEqual(['kept', 'new']);
  });
});

describe('the html of a message', () => {
  it('is paragraphs and line breaks, with markup shown and not taken', () => {
    expect(toHtml('a <b>\nb & "c"\n\n\n\nsecond')).toBe('<p>a &lt;b&gt;<br>b &amp; &quot;c&quot;</p>\n<p>second</p>');
  });

  it('holds no tag but p and br, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (a, b) => {
        const rest = toHtml(`${a}<script>${b}\n\n'"${a}`).replace(/<\/?p>|<br>/g, '');
        expect(rest).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('takes time in proportion to the text, also of blank runs', () => {
    const begun = performance.now();
    toHtml(`${'\n \t'.repeat(100_000)}${' '.repeat(200_000)}x${'\r\n'.repeat(100_000)}`);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
