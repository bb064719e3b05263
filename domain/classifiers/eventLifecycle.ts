import { z } from 'zod';
import type { NewEvent, StoryArtifacts } from '../log/events.js';
import { oneOf, sentence } from './answerSchema.js';
import { type Classifier, classifier, type StoryStatus } from './classifier.js';
import { ask, clip, earlier, exchange, factsOf, place, spokenAt } from './material.js';

const task = `Story events of a role-play are listed with their ids and statuses. Say which of them what was just said has moved:
to "active" when a planned one has begun, to "completed" when one has plainly come about, to "cancelled" when it can no
longer happen. Usually none has moved.`;

/** The allowed transitions. Others in an answer are ignored. */
const transitionsFrom: Partial<Record<StoryStatus, readonly string[]>> = {
  planned: ['active', 'completed', 'cancelled'],
  active: ['completed', 'cancelled'],
};

const kinds = {
  active: 'story_event_started',
  completed: 'story_event_completed',
  cancelled: 'story_event_cancelled',
} as const;
type NewStatus = keyof typeof kinds;

/** Decides which open story events begin, are completed or are cancelled. */
export const eventLifecycle: Classifier = classifier({
  name: 'event_lifecycle',
  answer: ({ storyEvents }) =>
    z.object({
      transitions: z
        .array(z.object({ eventId: oneOf(storyEvents.map(({ eventId }) => eventId)), newStatus: sentence() }))
        .max(500),
    }),
  question: (context) => ask(task, listed(context.storyEvents), place(context), earlier(context), exchange(context)),
  events: (context, call, { transitions }, state) => {
    const at = spokenAt(context, call);
    const open = new Map(state.storyEvents.map((event) => [event.eventId, { ...event }]));
    return transitions.flatMap(({ eventId, newStatus }): NewEvent[] => {
      const event = open.get(eventId);
      if (!event || !isTransition(event.status, newStatus)) return [];
      event.status = newStatus;
      const moved: NewEvent = { kind: kinds[newStatus], data: { eventId } };
      return newStatus === 'completed' ? [moved, ...effectsOf(event.artifacts, at)] : [moved];
    });
  },
  verdict: ({ transitions }) => ({ transitions: transitions.length }),
  follows: ({ hasStoryEvents }) => (hasStoryEvents ? {} : null),
});

function isTransition(from: StoryStatus, to: string): to is NewStatus {
  return transitionsFrom[from]?.includes(to) ?? false;
}

function listed(events: { eventId: string; title: string; description: string; status: StoryStatus }[]): string {
  return events
    .map(
      ({ eventId, title, description, status }) =>
        `${eventId} (${status}): ${clip(title, 500)}. ${clip(description, 2_000)}`,
    )
    .join('\n');
}

/** The events that a completed story event causes: one update per edge, then the objects. */
function effectsOf(
  { knowledgeFacts = [], relationshipChange, acquiredObjects = [] }: StoryArtifacts,
  at: string,
): NewEvent[] {
  const pairs = new Map<string, { sourceId: string; targetId: string; facts: string[] }>();
  const ends = [...knowledgeFacts, ...(relationshipChange ? [relationshipChange] : [])];
  for (const { sourceId, targetId } of ends) {
    pairs.set(JSON.stringify([sourceId, targetId]), { sourceId, targetId, facts: [] });
  }
  for (const { sourceId, targetId, fact } of knowledgeFacts) {
    pairs.get(JSON.stringify([sourceId, targetId]))?.facts.push(fact);
  }
  const updates = [...pairs.values()].map(({ sourceId, targetId, facts }): NewEvent => {
    const changed = relationshipChange?.sourceId === sourceId && relationshipChange.targetId === targetId;
    return {
      kind: 'edge_update',
      data: {
        sourceId,
        targetId,
        affinityDelta: changed ? relationshipChange.affinityDelta : 0,
        trustDelta: changed ? relationshipChange.trustDelta : 0,
        knowledgeFacts: factsOf(facts),
        lastInteractionAt: at,
      },
    };
  });
  const objects = acquiredObjects.map((data): NewEvent => ({ kind: 'object_acquired', data }));
  return [...updates, ...objects];
}
