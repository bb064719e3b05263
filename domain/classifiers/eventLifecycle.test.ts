import { describe, expect, test } from '@jest/globals';
import { at, events, state } from '../../test/support/chats/classifierTurn.js';
import type { NewEvent, StoryArtifacts } from '../log/events.js';
import type { ChatState, StoryStatus } from './classifier.js';

describe('event_lifecycle', () => {
  const artifacts: StoryArtifacts = {
    knowledgeFacts: [
      { sourceId: 'chr_h', targetId: 'you', fact: 'Robin knows the tides.' },
      { sourceId: 'you', targetId: 'chr_h', fact: 'Mira has a boat.' },
    ],
    relationshipChange: { sourceId: 'chr_h', targetId: 'you', affinityDelta: 5, trustDelta: 4 },
    acquiredObjects: [{ ownerId: 'you', name: 'A brass key' }],
  };
  const chat = (status: StoryStatus): ChatState => ({
    ...state,
    storyEvents: [{ eventId: 'evt_1', status, artifacts }],
  });
  const to = (...moves: string[]) => ({ transitions: moves.map((newStatus) => ({ eventId: 'evt_1', newStatus })) });
  const kinds = (found: NewEvent[]) => found.map(({ kind }) => kind);

  test.each([
    ['planned', 'active', ['story_event_started']],
    ['planned', 'cancelled', ['story_event_cancelled']],
    ['active', 'cancelled', ['story_event_cancelled']],
    ['active', 'active', []],
    ['completed', 'completed', []],
    ['completed', 'active', []],
    ['cancelled', 'completed', []],
    ['planned', 'planned', []],
    ['planned', 'Active', []],
    ['planned', '__proto__', []],
    ['planned', 'exploded', []],
  ] as const)('moves %s to %s by %j', (from, status, expected) => {
    expect(kinds(events('event_lifecycle', to(status), chat(from)))).toEqual(expected);
  });

  test('appends one update per edge and the objects when an event is completed', () => {
    const found = events('event_lifecycle', to('completed'), chat('active'));
    expect(found).toEqual([
      { kind: 'story_event_completed', data: { eventId: 'evt_1' } },
      {
        kind: 'edge_update',
        data: {
          ...{ sourceId: 'chr_h', targetId: 'you', affinityDelta: 5, trustDelta: 4 },
          knowledgeFacts: ['Robin knows the tides.'],
          lastInteractionAt: at,
        },
      },
      {
        kind: 'edge_update',
        data: {
          ...{ sourceId: 'you', targetId: 'chr_h', affinityDelta: 0, trustDelta: 0 },
          knowledgeFacts: ['Mira has a boat.'],
          lastInteractionAt: at,
        },
      },
      { kind: 'object_acquired', data: { ownerId: 'you', name: 'A brass key' } },
    ]);
  });

  test('applies a transition once that the answer holds twice', () => {
    const found = events(
      'event_lifecycle',
      to('active', 'active', 'completed', 'completed', 'cancelled'),
      chat('planned'),
    );
    expect(kinds(found)).toEqual([
      'story_event_started',
      'story_event_completed',
      'edge_update',
      'edge_update',
      'object_acquired',
    ]);
  });

  test('appends nothing for an event that was completed during the call', () => {
    expect(events('event_lifecycle', to('completed'), chat('completed'))).toEqual([]);
  });

  test('ignores an event that was removed during the call, and only completes one without effects', () => {
    expect(events('event_lifecycle', to('completed'), state)).toEqual([]);
    const bare: ChatState = { ...state, storyEvents: [{ eventId: 'evt_1', status: 'active', artifacts: {} }] };
    expect(kinds(events('event_lifecycle', to('completed'), bare))).toEqual(['story_event_completed']);
  });
});
