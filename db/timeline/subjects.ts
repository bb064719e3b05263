/**
 * What an event is about: the key of the projection's row that it changes, or null. The index `events_by_subject` has
 * the same expression; a change of it needs a migration.
 */
export const subjectOf = (event: string): string =>
  `coalesce(${event}.data->>'memoryId', ${event}.data->>'sceneId', ${event}.data->>'eventId', ${event}.data->>'changeId', (${event}.data->>'sourceId') || '>' || (${event}.data->>'targetId'))`;

/** The same of an edge. */
export const edgeSubject = ({ sourceId, targetId }: { sourceId: string; targetId: string }): string =>
  `${sourceId}>${targetId}`;

/** Whether an event is in the timeline. */
export const inTimeline = (event: string): string => `${event}.hidden_by is null and ${event}.superseded_by is null`;

/** Kinds as literals: the planner compares them with the predicates of partial indexes. */
export const listOf = (kinds: readonly string[]): string => kinds.map((kind) => `'${kind}'`).join(', ');
