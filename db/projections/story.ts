import type { ChatEvent } from '../../domain/log/events.js';
import {
  evolveObject,
  evolveStoryEvent,
  type ObjectRow,
  type StoryEventRow,
} from '../../domain/timeline/projectionRows.js';
import { readEventsAt } from '../timeline/eventsOfSubjects.js';
import type { Projection } from './handler.js';
import { batchesOf, keyed, replace } from './keyed.js';
import { idIsOneOf, rowStore } from './rowStore.js';

export const storyEvents = keyed({
  store: rowStore<StoryEventRow>({
    table: 'story_events',
    columns: {
      id: ['id', 'text'],
      title: ['title', 'text'],
      description: ['description', 'text'],
      status: ['status', 'text'],
      artifacts: ['artifacts', 'jsonb'],
      plannedSeq: ['planned_seq', 'integer'],
      createdAt: ['created_at', 'timestamptz'],
      updatedAt: ['updated_at', 'timestamptz'],
    },
    key: ['id'],
    keyOf: ({ id }) => id,
    isOneOf: idIsOneOf,
  }),
  kinds: ['story_event_planned', 'story_event_started', 'story_event_completed', 'story_event_cancelled'],
  keyOf: ({ data }) => data.eventId,
  evolve: evolveStoryEvent,
});

const store = rowStore<ObjectRow>({
  table: 'objects',
  columns: {
    seq: ['seq', 'integer'],
    ownerId: ['owner_id', 'text'],
    name: ['name', 'text'],
    acquiredAt: ['acquired_at', 'timestamptz'],
  },
  key: ['seq'],
  keyOf: ({ seq }) => String(seq),
  isOneOf: 't.seq = any($2::text[]::integer[])',
});

const toRows = (events: ChatEvent[]) =>
  new Map(
    events.flatMap((event) =>
      event.kind === 'object_acquired' ? [[String(event.seq), evolveObject(null, event)] as const] : [],
    ),
  );

/** Each event makes the row of its own seq. */
export const objects: Projection = {
  project: (tx, chatId, events) => store.write(tx, chatId, [...toRows(events).values()]),
  async refold(tx, chatId, moved) {
    for await (const keys of batchesOf(moved.map(({ seq }) => String(seq)))) {
      const events = await readEventsAt(tx, chatId, keys.map(Number));
      await replace(tx, chatId, store, keys, toRows(events));
    }
  },
};
