import { describe, expect, it } from '@jest/globals';
import type { ChatEvent, NewEvent } from '../log/events.js';
import type { TokenUsage } from '../turns/turn.js';
import { foldTranscript } from './transcript.js';

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
  it('begins with a greeting, which has a speaker and neither model nor usage', () => {
    const greeting: NewEvent = {
      kind: 'assistant_turn',
      data: { speakerId: 'chr_1', beat: 0, text: 'Tea or rum?', truncated: false, userTurnSeq: null, model: '' },
    };
    const cited: NewEvent = { kind: 'citations', data: { citations: [] } };
    const messages = foldTranscript(
      log([null, greeting], [null, cited], ['turn_a', said('Rum.')], ['turn_a', replied('1', 3)]),
    );
    expect(messages.map((message) => message.content)).toEqual(['Tea or rum?', 'Rum.', '1']);
    expect(messages[0]).toEqual({
      role: 'assistant',
      content: 'Tea or rum?',
      id: 'greeting:1',
      messageId: 'greeting:1',
      at: '2026-01-01T00:00:00.000Z',
      html: '<p>Tea or rum?</p>',
      speakerId: 'chr_1',
      truncated: false,
    });
  });

  it('is grouped by turn, so that a message queued during a reply comes after it', () => {
    const messages = foldTranscript(
      log(['turn_a', said('one')], ['turn_b', said('two')], ['turn_a', replied('1', 1)], ['turn_b', replied('2', 2)]),
    );
    expect(messages.map((message) => message.content)).toEqual(['one', '1', 'two', '2']);
  });

  it('carries the usage of a turn on its user and on its assistant message', () => {
    const messages = foldTranscript(log(['turn_a', said('one')], ['turn_a', replied('1', 1)], ['turn_a', done]));
    expect(messages.map((message) => message.tokenUsage)).toEqual([usage, usage]);
  });

  it('has for each reply the speaker, the model and whether it was truncated', () => {
    const [, reply] = foldTranscript(log(['turn_a', said('one')], ['turn_a', replied('1', 1, true)]));
    expect(reply).toMatchObject({ role: 'assistant', speakerId: 'chr_1', modelId: 'gpt-4.1', truncated: true });
  });

  it('shows the active version of a reply under the user turn of another turn', () => {
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

  it('shows an edited user turn in place of the first one, and both beats of a turn', () => {
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

  it('leaves out hidden and superseded events', () => {
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

const began = (userTurnSeq: number): NewEvent => ({
  kind: 'assistant_turn_started',
  data: { speakerId: 'agent', beat: 0, userTurnSeq },
});
const cites = (...citations: string[]): NewEvent => ({ kind: 'citations', data: { citations } });
const cited = (events: ChatEvent[]) => foldTranscript(events).map(({ content, citations }) => [content, citations]);

describe('an artifact in the transcript', () => {
  it('belongs to the reply of its turn, also when it was appended before the reply landed', () => {
    const events = log(
      ['turn_a', said('one')],
      ['turn_b', said('two')],
      ['turn_a', cites('x', 'y')],
      ['turn_a', replied('1', 1)],
      ['turn_b', replied('2', 2)],
      ['turn_a', cites('z')],
    );
    expect(cited(events)).toEqual([
      ['one', undefined],
      ['1', ['x', 'y', 'z']],
      ['two', undefined],
      ['2', undefined],
    ]);
  });

  it('without a turn belongs to the reply in flight, else to the last one before it', () => {
    const events = log(
      [null, cites('before any')],
      ['turn_a', said('one')],
      ['turn_a', began(2)],
      [null, cites('in flight')],
      ['turn_b', said('two')],
      [null, cites('in flight, and another waits')],
      ['turn_a', replied('1', 2)],
      [null, cites('landed')],
      ['turn_a', done],
      ['turn_b', began(5)],
      ['turn_b', replied('2', 5)],
      ['turn_b', done],
      [null, cites('later')],
    );
    expect(cited(events)).toEqual([
      ['one', undefined],
      ['1', ['in flight', 'in flight, and another waits', 'landed']],
      ['two', undefined],
      ['2', ['later']],
    ]);
  });

  it('belongs to the reply before when the reply in flight does not land', () => {
    const events = log(
      ['turn_a', said('one')],
      ['turn_a', began(1)],
      ['turn_a', replied('1', 1)],
      ['turn_a', done],
      ['turn_b', said('two')],
      ['turn_b', began(5)],
      [null, cites('x')],
    );
    expect(cited(events).map(([, citations]) => citations)).toEqual([undefined, undefined, undefined]);
    const stopped = log(...events.map((event): [string | null, NewEvent] => [event.turnId, event]), ['turn_b', done]);
    expect(cited(stopped).map(([, citations]) => citations)).toEqual([undefined, ['x'], undefined]);
  });

  it('belongs to the version that replaces the reply', () => {
    const events = log(
      ['turn_p', said('zero')],
      ['turn_p', began(1)],
      ['turn_p', replied('0', 1)],
      ['turn_p', done],
      ['turn_a', said('one')],
      ['turn_a', began(5), { supersededBy: 10 }],
      ['turn_a', replied('old', 5), { supersededBy: 10 }],
      ['turn_a', done, { supersededBy: 10 }],
      [null, cites('x')],
      ['turn_r', { kind: 'turn_superseded', data: { turnId: 'turn_a', by: 'turn_r' } }],
      ['turn_r', began(5)],
      ['turn_r', replied('new', 5)],
      ['turn_r', done],
    );
    expect(cited(events)).toEqual([
      ['zero', undefined],
      ['0', undefined],
      ['one', undefined],
      ['new', ['x']],
    ]);
  });
});

describe('a system message', () => {
  it('comes after all replies to the user turn before it', () => {
    const note = (text: string): NewEvent => ({ kind: 'system_message', data: { text } });
    const messages = foldTranscript(
      log(
        [null, note('The document was edited.')],
        ['turn_a', said('one')],
        [null, note('<b>')],
        ['turn_b', said('two')],
        ['turn_a', replied('1', 2)],
        ['turn_b', replied('2', 4)],
      ),
    );
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'The document was edited.'],
      ['user', 'one'],
      ['assistant', '1'],
      ['system', '<b>'],
      ['user', 'two'],
      ['assistant', '2'],
    ]);
    expect(messages[3]).toEqual({
      role: 'system',
      content: '<b>',
      id: 'system:3',
      messageId: 'system:3',
      at: '2026-01-01T00:00:02.000Z',
      html: '<p>&lt;b&gt;</p>',
    });
  });
});
