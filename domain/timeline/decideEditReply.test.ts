import { describe, expect, test } from '@jest/globals';
import type { EventData } from '../log/events.js';
import { decideEditReply, editedVersion } from './decideEditReply.js';

const chat = { seq: 9, logBytes: 0, activeTurnId: null };
const reply = (more: Partial<EventData<'assistant_turn'>> = {}): EventData<'assistant_turn'> => ({
  speakerId: 'chr_mira',
  beat: 0,
  text: 'Old.',
  truncated: false,
  userTurnSeq: 3,
  model: 'test',
  ...more,
});
const state = { chat, queued: 0, beats: [reply()], changes: 0 };

describe('the decision about an edit of a reply by hand', () => {
  test('is to edit the beat of the version in the timeline', () => {
    expect(decideEditReply({ beat: 0, text: 'New.' }, state)).toEqual({ action: 'edit', edited: reply() });
  });

  test('is to do nothing where the beat has the text already', () => {
    expect(decideEditReply({ beat: 0, text: 'Old.' }, state)).toEqual({ action: 'nothing' });
  });

  test('refuses it while a turn runs or waits', () => {
    const running = { ...state, chat: { ...chat, activeTurnId: 'turn_1' } };
    for (const busy of [running, { ...state, queued: 1 }]) {
      expect(decideEditReply({ beat: 0, text: 'New.' }, busy)).toMatchObject({ code: 'turn_in_progress' });
    }
  });

  test('refuses a beat that the reply has not got, and a reply whose text proposes changes', () => {
    expect(decideEditReply({ beat: 1, text: 'New.' }, state)).toMatchObject({ code: 'beat_not_found' });
    const proposed = { ...state, changes: 1 };
    expect(decideEditReply({ beat: 0, text: 'New.' }, proposed)).toMatchObject({ code: 'reply_has_changes' });
  });
});

const version = { beat: 0, text: 'New.', beats: [reply()], effectsId: 'turn_1', memories: [] };

describe('the version that a person wrote', () => {
  test('has the other beat as it is, and says which one was edited', () => {
    const second = reply({ beat: 1, speakerId: 'chr_oren', text: 'Me too.', interjectionOf: 'chr_mira' });
    expect(editedVersion({ ...version, beats: [reply(), second] })).toEqual([
      { kind: 'assistant_turn', data: reply({ text: 'New.' }) },
      { kind: 'assistant_turn', data: second },
      { kind: 'assistant_turn_edited', data: { beat: 0, text: 'New.', turnId: 'turn_1' } },
    ]);
  });

  test('is whole where the edited reply was cut short, and repeats no usage', () => {
    const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2, cachedTokens: 0 };
    const cut = reply({ truncated: true, error: { code: 'length', message: '' }, usage: usage as never });
    const [event] = editedVersion({ ...version, beats: [cut] });
    expect(event).toEqual({ kind: 'assistant_turn', data: reply({ text: 'New.' }) });
  });

  test('keeps the thoughts and calls of an agent, with the text as the last step', () => {
    const steps = [
      { id: 's0', index: 0, type: 'text' as const, content: 'I look.' },
      { id: 's1', index: 1, type: 'tool_call' as const, callId: 'c', name: 'calculate', arguments: {} },
      { id: 's2', index: 2, type: 'text' as const, content: 'It is 4.' },
    ];
    const [event] = editedVersion({ ...version, beats: [reply({ steps })] });
    expect(event?.data).toMatchObject({
      steps: [
        { id: 's1', index: 0, type: 'tool_call' },
        { id: 's2', index: 1, type: 'text', content: 'New.' },
      ],
    });
  });

  test('changes the memories that repeat the beat, and leaves those that a person has rewritten', () => {
    const memories = [
      { id: 'mem_1', text: 'Robin: Hello?\nMira: Old.' },
      { id: 'mem_2', text: 'Mira was rude.' },
    ];
    expect(editedVersion({ ...version, memories }).slice(2)).toEqual([
      { kind: 'memory_edited', data: { memoryId: 'mem_1', text: 'Robin: Hello?\nMira: New.' } },
    ]);
  });
});
