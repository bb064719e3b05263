import type { EventKind } from '../../domain/log/events.js';

/** The kinds that take events out of the timeline, or bring them back: the page then reads it anew. */
const marks: ReadonlySet<EventKind> = new Set<EventKind>([
  'turn_rolled_back',
  'turn_superseded',
  'version_activated',
  'chat_rewound',
  'rewind_undone',
]);

export const isMark = (kind: EventKind): boolean => marks.has(kind);
