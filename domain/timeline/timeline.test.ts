import { describe, expect, test } from '@jest/globals';
import type { ChatEvent, NewEvent } from '../log/events.js';
import { emptyTimeline, evolveTimeline, foldTimeline, type Timeline } from './timeline.js';

function log(...lines: [turnId: string | null, event: NewEvent, marks?: Partial<ChatEvent>][]): ChatEvent[] {
  return lines.map(([turnId, event, marks], i) => {
    const at = `2026-01-01T00:00:0${i}.000Z`;
    return { ...event, seq: i + 1, turnId, at, hiddenBy: null, supersededBy: null, ...marks } as ChatEvent;
  });
}

const said = (text: string): NewEvent => ({ kind: 'user_turn', data: { text, segments: [] } });
const begun = (userTurnSeq: number): NewEvent => ({
  kind: 'assistant_turn_started',
  data: { speakerId: 'chr_1', beat: 0, userTurnSeq },
});
const replied = (text: string, userTurnSeq: number): NewEvent => ({
  kind: 'assistant_turn',
  data: { speakerId: 'chr_1', beat: 0, text, truncated: false, userTurnSeq, model: 'm' },
});
const done: NewEvent = {
  kind: 'turn_completed',
  data: { status: 'completed', usage: null, warnings: [], tokenUsage: null },
};
const called: NewEvent = { kind: 'tool_call_start', data: { id: 'c', name: 'calculate', arguments: {} } };
const cited: NewEvent = { kind: 'citations', data: { citations: ['one'] } };
const noted: NewEvent = { kind: 'system_message', data: { text: 'Note.' } };

const story = log(
  ['turn_a', said('One?')],
  ['turn_a', begun(1)],
  ['turn_b', said('Two?')],
  ['turn_a', called],
  [null, cited],
  ['turn_a', replied('One.', 1)],
  ['turn_a', done],
  [null, noted],
  ['turn_b', begun(3)],
  ['turn_b', replied('Two.', 3)],
);

describe('the fold of a log', () => {
  test('gives the same timeline event by event as at once', () => {
    expect(story.reduce(evolveTimeline, emptyTimeline)).toEqual(foldTimeline(story));
  });

  test('changes no timeline that was given out before', () => {
    const steps: Timeline[] = [emptyTimeline];
    for (const event of story) steps.push(evolveTimeline(steps.at(-1)!, event));
    expect(steps).toEqual(steps.map((_, n) => foldTimeline(story.slice(0, n))));
  });

  test('makes another object only of the exchange that an event changes', () => {
    const before = foldTimeline(story.slice(0, -1));
    const after = evolveTimeline(before, story.at(-1)!);
    expect(after.exchanges.get(1)).toBe(before.exchanges.get(1));
    expect(after.exchanges.get(3)).not.toBe(before.exchanges.get(3));
  });

  test('shows a reply that was edited by hand in place of the old one, with what that did', () => {
    const byHand = log(
      ...story.slice(0, 7).map((event): [string | null, NewEvent] => [event.turnId, event]),
      ['turn_h', { kind: 'turn_superseded', data: { turnId: 'turn_a', by: 'turn_h' } }],
      ['turn_h', replied('By hand.', 1)],
      ['turn_h', { kind: 'assistant_turn_edited', data: { beat: 0, text: 'By hand.', turnId: 'turn_a' } }],
    );
    const exchange = byHand.reduce(evolveTimeline, emptyTimeline).exchanges.get(1);
    expect(exchange?.beats).toMatchObject([{ turnId: 'turn_h', text: 'By hand.', isEdited: true }]);
    expect(exchange?.hasVersions).toBe(true);
    expect(exchange?.activity).toMatchObject([{ turnId: 'turn_h', kind: 'tool_call_start' }]);
    expect(exchange?.ends.get('turn_h')).toMatchObject({ status: 'completed' });
  });

  test('is the same timeline after an event that shows nothing', () => {
    const before = foldTimeline(story);
    const [unseen] = log(['turn_a', { kind: 'guest_cleared', data: { guestId: 'chr_2' } } as NewEvent]);
    expect(evolveTimeline(before, unseen!)).toBe(before);
  });

  test('goes on after an event of a newer service, which the page does not know', () => {
    const [unknown] = log(['turn_a', { kind: 'weather_noted', data: { weather: 'rain' } } as unknown as NewEvent]);
    const after = evolveTimeline(foldTimeline(story), unknown!);
    expect(after.exchanges.get(1)?.notes).toMatchObject([{ kind: 'weather_noted', data: { weather: 'rain' } }]);
  });

  test('groups replies, activity and ends by the user turn that they belong to', () => {
    const { exchanges } = foldTimeline(story);
    const shown = [...exchanges.values()].map(({ prose, beats, activity, ends }) => ({
      prose: prose?.text,
      beats: beats.map(({ text }) => text),
      activity: activity.map(({ kind }) => kind),
      ends: [...ends.keys()],
    }));
    expect(shown).toEqual([
      { prose: 'One?', beats: ['One.'], activity: ['tool_call_start'], ends: ['turn_a'] },
      { prose: 'Two?', beats: ['Two.'], activity: [], ends: [] },
    ]);
  });

  test('keeps apart what clients appended and notes that no turn led to', () => {
    const { loose, notes } = foldTimeline(story);
    expect(loose.map(({ kind }) => kind)).toEqual(['citations']);
    expect(notes).toMatchObject([{ kind: 'system_message', data: { text: 'Note.' }, seq: 8 }]);
  });

  test.each([{ hiddenBy: 3 }, { supersededBy: 3 }])('skips events that left the timeline: %j', (marks) => {
    const events = log(['turn_a', said('One?')], ['turn_a', replied('One.', 1), marks]);
    expect(foldTimeline(events).exchanges.get(1)?.beats).toEqual([]);
  });
});
