import type { History } from '../support/temporal/engine.js';

type HistoryEvent = NonNullable<History['events']>[number];

/**
 * The history as code without `patched()` writes it: without the markers of patches and the search attribute that
 * each of them upserts, ids renumbered so that events refer to each other as before.
 */
export function withoutPatches(history: History): History {
  const kept = (history.events ?? []).filter((event) => !isOfPatch(event));
  const ids = new Map(kept.map((event, index) => [String(event.eventId), index + 1]));
  return { events: kept.map((event) => renumber(event, ids) as HistoryEvent) };
}

function isOfPatch(event: HistoryEvent): boolean {
  const marker = event.markerRecordedEventAttributes;
  const upserted = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  return marker?.markerName === 'core_patch' || (upserted != null && 'TemporalChangeVersion' in upserted);
}

const references = new Set(['eventId', 'scheduledEventId', 'startedEventId', 'workflowTaskCompletedEventId']);

/** Copies the messages by their own fields: a spread would lose those that stand on a prototype. */
function renumber(value: unknown, ids: Map<string, number>): unknown {
  if (Array.isArray(value)) return value.map((one) => renumber(one, ids));
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    references.has(name) ? (ids.get(String(field)) ?? field) : renumber(field, ids),
  ]);
  return Object.fromEntries(fields);
}
