import type { EventData, EventKind, StoryArtifacts } from '../log/events.js';

/** An event as projections get it; `at` is ISO 8601 UTC. */
export type Projected<K extends EventKind> = { [E in K]: { kind: E; seq: number; at: string; data: EventData<E> } }[K];

/** Times of all rows are ISO 8601. */
export type MemoryRow = {
  id: string;
  text: string;
  sceneId: string | null;
  witnesses: string[];
  /** The witnesses whose event has been folded. */
  witnessIds: string[];
  /** seq of the user turn of its beat; 0 of a memory that a person wrote. */
  chatClock: number;
  significance: number | null;
  pinnedSeq: number | null;
  writtenSeq: number;
  writtenAt: string;
};

export const memoryKinds = [
  'memory_written',
  'memory_scored',
  'memory_pinned',
  'memory_unpinned',
  'memory_edited',
  'memory_removed',
] as const satisfies EventKind[];
export type MemoryKind = (typeof memoryKinds)[number];

/**
 * Each witness of a memory has its own event. The first one makes the row; later ones add their witness to it. Null
 * after the memory is removed: what a step of its turn finds out later changes nothing.
 */
export function evolveMemory(row: MemoryRow | null, event: Projected<MemoryKind>): MemoryRow | null {
  if (event.kind === 'memory_written') return written(row, event);
  if (!row) return null;
  switch (event.kind) {
    case 'memory_scored':
      return { ...row, significance: event.data.significance };
    case 'memory_pinned':
      return { ...row, pinnedSeq: event.seq };
    case 'memory_unpinned':
      return { ...row, pinnedSeq: null };
    case 'memory_edited': {
      const { text = row.text, significance = row.significance } = event.data;
      return { ...row, text, significance };
    }
    case 'memory_removed':
      return null;
  }
}

function written(row: MemoryRow | null, { seq, at, data }: Projected<'memory_written'>): MemoryRow {
  const { memoryId: id, witnessId, text, sceneId, witnesses, chatClock } = data;
  if (row) return { ...row, witnessIds: [...row.witnessIds, witnessId] };
  const first = { witnessIds: [witnessId], significance: null, pinnedSeq: null, writtenSeq: seq, writtenAt: at };
  return { id, text, sceneId, witnesses, chatClock, ...first };
}

export type SceneRow = {
  id: string;
  container: string;
  openedSeq: number;
  openedAt: string;
  closedSeq: number | null;
  endedAt: string | null;
  /** By the id of the character whose point of view they have. */
  summaries: Record<string, string>;
};

export type SceneKind = 'scene_opened' | 'scene_closed' | 'scene_summary';

export function evolveScene(row: SceneRow | null, event: Projected<SceneKind>): SceneRow | null {
  if (event.kind === 'scene_opened') {
    const { sceneId: id, container } = event.data;
    return { id, container, openedSeq: event.seq, openedAt: event.at, closedSeq: null, endedAt: null, summaries: {} };
  }
  if (!row) return null;
  switch (event.kind) {
    case 'scene_closed':
      return { ...row, closedSeq: event.seq, endedAt: event.data.endedAt };
    case 'scene_summary':
      return { ...row, summaries: { ...row.summaries, [event.data.povId]: event.data.summary } };
  }
}

export type StoryEventRow = {
  id: string;
  title: string;
  description: string;
  status: 'planned' | 'active' | 'completed' | 'cancelled';
  artifacts: StoryArtifacts;
  plannedSeq: number;
  createdAt: string;
  updatedAt: string;
};

export type StoryKind =
  | 'story_event_planned'
  | 'story_event_started'
  | 'story_event_completed'
  | 'story_event_cancelled';

export function evolveStoryEvent(row: StoryEventRow | null, event: Projected<StoryKind>): StoryEventRow | null {
  const { seq, at } = event;
  if (event.kind === 'story_event_planned') {
    const { eventId: id, title, description, artifacts } = event.data;
    return { id, title, description, status: 'planned', artifacts, plannedSeq: seq, createdAt: at, updatedAt: at };
  }
  return row && { ...row, status: storyStatus[event.kind], updatedAt: at };
}

const storyStatus = {
  story_event_started: 'active',
  story_event_completed: 'completed',
  story_event_cancelled: 'cancelled',
} as const;

export type ObjectRow = { seq: number; ownerId: string; name: string; acquiredAt: string };

export const evolveObject = (_: ObjectRow | null, { seq, at, data }: Projected<'object_acquired'>): ObjectRow => ({
  seq,
  ownerId: data.ownerId,
  name: data.name,
  acquiredAt: at,
});

/** What later events change of a proposed change. */
export type ChangeRow = {
  id: string;
  documentId: string;
  state: 'pending' | 'accepted' | 'declined';
  original: string;
  proposed: string;
  reason: string;
  staleSince: string | null;
  messageSeq: number;
  /** seq of its `changes_proposed`, and its place in that event, from 1. */
  proposedSeq: number;
  position: number;
};

export type SettleKind = 'change_accepted' | 'change_declined' | 'change_stale';

export function settleChange(row: ChangeRow | null, event: Projected<SettleKind>): ChangeRow | null {
  if (!row) return null;
  switch (event.kind) {
    case 'change_accepted':
      return { ...row, state: 'accepted', staleSince: null };
    case 'change_declined':
      return { ...row, state: 'declined', staleSince: null };
    case 'change_stale':
      return row.state === 'pending' ? { ...row, staleSince: event.at } : row;
  }
}
