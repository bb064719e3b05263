import { describe, expect, test } from '@jest/globals';
import type { ChatEvent } from '../../domain/log/events.js';
import { currentTurnId, endSeqOf } from '../chat/turns/exchangeIds.js';
import { evolveTimeline, foldTimeline, itemsOf } from './timeline.js';

let seq = 0;
const event = (kind: string, turnId: string | null, data: object) => {
  seq += 1;
  return { seq, kind, turnId, data, at: '2026-01-01T00:00:00Z', supersededBy: null, hiddenBy: null } as ChatEvent;
};
/** Numbers the events from 1. */
function log(...lines: [kind: string, turnId: string | null, data: object][]): ChatEvent[] {
  seq = 0;
  return lines.map((line) => event(...line));
}
const started = (userTurnSeq: number) => ({ speakerId: 'chr_1', beat: 0, userTurnSeq });
const reply = (userTurnSeq: number, text: string) => ({ ...started(userTurnSeq), text, truncated: false, model: 'm' });
const completed = { status: 'completed', usage: null, warnings: [], tokenUsage: null };

const said = (events: ChatEvent[]) =>
  itemsOf(foldTimeline(events)).map((item) =>
    item.type === 'exchange' ? [item.prose?.text, ...item.beats.map(({ text }) => text)] : 'text' in item && item.text,
  );

describe('the timeline of a chat', () => {
  test('begins with the greeting of its character, also before the first turn', () => {
    const events = log(
      ['assistant_turn', null, { ...reply(1, 'Tea or rum?'), userTurnSeq: null }],
      ['user_turn', 'turn_1', { text: 'The second.', segments: [] }],
      ['assistant_turn', 'turn_1', reply(2, 'Rum.')],
    );
    expect(said(events.slice(0, 1))).toEqual(['Tea or rum?']);
    expect(said(events)).toEqual(['Tea or rum?', ['The second.', 'Rum.']]);
    const before = foldTimeline(events.slice(0, 2));
    expect(evolveTimeline(before, events[2]!)).toEqual(foldTimeline(events));
    expect(evolveTimeline(before, events[2]!).greetings).toHaveLength(1);
  });

  test('is grouped by user turns, also when one was queued during another reply', () => {
    const events = log(
      ['user_turn', 'turn_1', { text: 'One?', segments: [] }],
      ['assistant_turn_started', 'turn_1', started(1)],
      ['user_turn', 'turn_2', { text: 'Two?', segments: [] }],
      ['assistant_turn', 'turn_1', reply(1, 'One.')],
      ['turn_completed', 'turn_1', completed],
      ['assistant_turn', 'turn_2', reply(3, 'Two.')],
    );
    expect(said(events)).toEqual([
      ['One?', 'One.'],
      ['Two?', 'Two.'],
    ]);
    const [first, second] = [...foldTimeline(events).exchanges.values()];
    expect(endSeqOf(first!, second)).toBe(5);
  });

  test('is the same folded event by event as at once, and each event changes only its own exchange', () => {
    const events = log(
      ['chat_created', null, { kind: 'narrative', title: null }],
      ['scene_opened', null, { sceneId: 'scn_1', container: 'The lamp room' }],
      ['user_turn', 'turn_1', { text: 'One?', segments: [] }],
      ['assistant_turn', 'turn_1', reply(3, 'One.')],
      ['turn_completed', 'turn_1', completed],
      ['user_turn', 'turn_2', { text: 'Two?', segments: [] }],
      ['story_event_planned', 'turn_2', { eventId: 'evt_1', title: 'The storm', description: '', artifacts: {} }],
      ['story_event_completed', 'turn_2', { eventId: 'evt_1' }],
      ['assistant_turn', 'turn_2', reply(6, 'Two.')],
    );
    const before = foldTimeline(events.slice(0, -1));
    const after = evolveTimeline(before, events.at(-1)!);
    expect(after).toEqual(foldTimeline(events));
    expect(after.exchanges.get(3)).toBe(before.exchanges.get(3));
    expect(itemsOf(after).map(({ type }) => type)).toEqual(['note', 'exchange', 'exchange']);
    expect(after.exchanges.get(6)?.notes).toMatchObject([
      { kind: 'story_event_completed', data: { title: 'The storm' } },
    ]);
  });

  test('that is loaded from the middle leaves out the exchange whose beginning is missing', () => {
    const events = log(
      ['user_turn', 'turn_1', { text: 'One?', segments: [] }],
      ['assistant_turn', 'turn_1', reply(1, 'One.')],
      ['user_turn', 'turn_2', { text: 'Two?', segments: [] }],
    );
    expect(said(events.slice(1))).toEqual([['Two?']]);
  });

  test('shows an edited message and its reply in place of the first ones', () => {
    const events = log(
      ['user_turn', 'turn_1', { text: 'One?', segments: [] }],
      ['assistant_turn_started', 'turn_2', started(1)],
      ['user_turn_edit', 'turn_2', { userTurnSeq: 1, text: 'Won?' }],
      ['turn_superseded', 'turn_2', { turnId: 'turn_1', by: 'turn_2' }],
      ['assistant_turn', 'turn_2', reply(1, 'Yes.')],
    ).slice(1);
    expect(said(events)).toEqual([['Won?', 'Yes.']]);
    const [exchange] = foldTimeline(events).exchanges.values();
    expect(exchange).toMatchObject({ hasVersions: true });
    expect(currentTurnId(exchange!)).toBe('turn_2');
  });
});
